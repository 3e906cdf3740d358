import { answer, nothing } from '../call.ts'

/** Answered only to a page that is signed in to the studio. */
export const sessionRoutes = {
  'session.check': answer(nothing, (_, { startSandbox }) => ({ hasSandbox: startSandbox !== undefined })),
}

import { D365Error } from '../../../core/errors.ts'
import { answer, nothing } from '../call.ts'

/** The Connect page: settings that are being entered, tried and saved. */
export const connectRoutes = {
  'connect.sandbox': answer(nothing, async (_, { startSandbox }) => {
    if (!startSandbox) throw new D365Error('NOT_FOUND', 'This studio has no sandbox to start.')
    const { close: _close, ...facts } = await startSandbox()
    return facts
  }),
}

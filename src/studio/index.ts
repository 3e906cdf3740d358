/** The studio: the web app over `Connection`, served to the browser of this machine. */
export { type ListenOptions, listenStudio } from './server/listen.ts'
export type { StartedSandbox, StartSandbox, Studio } from './server/studio.ts'

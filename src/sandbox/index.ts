/** `d365/sandbox`: a local Dynamics 365 environment and Entra ID for programs and their tests. */
export type { Fault, FaultRule, Faults } from './faults.ts'
export type { LimitKind, LimitOptions, Limits } from './limits.ts'
export { createSandbox, type ListeningSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts'
export type { CostedRequest } from './sandbox-api.ts'
export type { ListenOptions } from './sandbox-assembly.ts'
export { APPS, type DirectoryApp, type DirectoryUser, TENANT_ID, USERS } from './seed/directory.ts'
export type { Trace, TraceEntry } from './trace.ts'

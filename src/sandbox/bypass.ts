/**
 * Headers that keep the logic of an environment from running. The sandbox runs none, so it only refuses what the
 * service refuses: a user without the privilege, and a value that means nothing.
 * https://learn.microsoft.com/power-apps/developer/data-platform/bypass-custom-business-logic
 */
import { mayBypassLogic } from './seed/roles.ts'
import { ApiError } from './web-api/operation.ts'

export function checkBypass(
  headers: Headers,
  user: { readonly id: string; readonly roles: readonly string[] },
): void {
  const logic = headers.get('mscrm.bypassbusinesslogicexecution')
  if (logic !== null && !logic.split(',').every((part) => LOGIC.includes(part.trim().toLowerCase())))
    throw new ApiError(
      400,
      '0x80040203',
      `'${logic}' is not a valid value of BypassBusinessLogicExecution: CustomSync, CustomAsync or both.`,
    )
  const plugins = headers.get('mscrm.bypasscustompluginexecution')?.trim().toLowerCase() === 'true'
  const privilege =
    logic !== null ? 'prvBypassCustomBusinessLogic' : plugins ? 'prvBypassCustomPlugins' : undefined
  if (privilege === undefined || mayBypassLogic(user.roles)) return
  throw new ApiError(
    403,
    '0x80040220',
    `Principal user (Id=${user.id}, type=8, roleCount=${user.roles.length}, accessMode=0), is missing ${privilege} privilege.`,
  )
}

const LOGIC = ['customsync', 'customasync']

/**
 * WinOpportunity, LoseOpportunity and CloseIncident: states that are reached by a message. The activity that the
 * real service keeps of the closing (`opportunityclose`, `incidentresolution`) is not stored.
 */
import { isLosslessNumber } from 'lossless-json'
import type { ApiResponse } from '../../operation.ts'
import { NO_CONTENT } from '../answers.ts'
import { resolveReference } from '../links/reference.ts'
import { type JsonObject, objectMember, textMember } from '../payload/request-body.ts'
import { payloadError } from '../write-errors.ts'
import type { Writing } from '../writing.ts'
import { changeRow } from './update-row.ts'

interface Closing {
  readonly table: string
  /** Parameter with the closing activity, which names the row by its lookup. */
  readonly parameter: string
  readonly state: number
}

/** A status of -1 leaves the choice to the state. */
const DEFAULT_STATUS = -1

export const winOpportunity = closing({ table: 'opportunity', parameter: 'OpportunityClose', state: 1 })
export const loseOpportunity = closing({ table: 'opportunity', parameter: 'OpportunityClose', state: 2 })
export const closeIncident = closing({ table: 'incident', parameter: 'IncidentResolution', state: 1 })

function closing({ table, parameter, state }: Closing) {
  return (parameters: JsonObject, writing: Writing): ApiResponse => {
    const activity = objectMember(parameters, parameter)
    const target = resolveReference(textMember(activity, `${table}id@odata.bind`), writing)
    if (target.table.logicalName !== table)
      throw payloadError(`'${parameter}' names a row of '${target.table.logicalName}', not of '${table}'.`)
    writing.demand('Write', table)
    const status = isLosslessNumber(parameters.Status) ? Number(parameters.Status.value) : DEFAULT_STATUS
    const given = { statecode: state, ...(status === DEFAULT_STATUS ? {} : { statuscode: status }) }
    changeRow(target, given, writing)
    return NO_CONTENT
  }
}

/**
 * Refusals of writes: codes and texts as the service sends them. Where a text is not documented the code still is;
 * clients are to match on the code.
 */
import type { ColumnDefinition, KeyDefinition, TableDefinition } from '../../schema.ts'
import { ApiError } from '../operation.ts'

/** Which cell a refusal is about. */
export interface CellPlace {
  readonly table: TableDefinition
  readonly column: ColumnDefinition
}

export function payloadError(inner: string): ApiError {
  return new ApiError(
    400,
    '0x80048d19',
    `Error identified in Payload provided by the user for Entity :'', For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : Microsoft.OData.ODataException: ${inner}`,
  )
}

/** An annotation such as `x@odata.bind` on a name that is no navigation property: case matters. */
export function undeclaredNavigation(name: string): ApiError {
  return payloadError(
    `An undeclared property '${name}' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.`,
  )
}

export function undeclaredProperty(name: string, { logicalName }: TableDefinition): ApiError {
  return payloadError(
    `An undeclared property '${name}' was found in entity 'Microsoft.Dynamics.CRM.${logicalName}'. Only declared properties can be represented in the payload.`,
  )
}

export function badLiteral(literal: string, edmType: string): ApiError {
  return payloadError(`Cannot convert the literal '${literal}' to the expected type '${edmType}'.`)
}

export function readOnlyLookup(): ApiError {
  return new ApiError(
    400,
    '0x80060888',
    'CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.',
  )
}

export function deepUpdate(): ApiError {
  return new ApiError(400, '0x80060888', 'Deep update of navigation properties is not allowed.')
}

export function tooLong({ table, column }: CellPlace): ApiError {
  return new ApiError(
    400,
    '0x80044331',
    `A validation error occurred.  The length of the '${column.logicalName}' attribute of the '${table.logicalName}' entity exceeded the maximum allowed length of '${column.maxLength}'.`,
  )
}

export function unknownChoice(value: string, { table, column }: CellPlace): ApiError {
  const accepted = (column.options ?? []).map((option) => option.value).join(',')
  return new ApiError(
    400,
    '0x8004431A',
    `A validation error occurred.  The value ${value} of '${column.logicalName}' on record of type '${table.logicalName}' is outside the valid range. Accepted Values: ${accepted}`,
  )
}

/** Reported as this code and as 0x8004432f; the service's own table was not available. */
const NUMBER_OUT_OF_RANGE = '0x80044330'

export function outOfRange(value: string, { table, column }: CellPlace): ApiError {
  return new ApiError(
    400,
    NUMBER_OUT_OF_RANGE,
    `A validation error occurred.  The value ${value} of '${column.logicalName}' on record of type '${table.logicalName}' is outside the valid range. Accepted Values: ${column.min} to ${column.max}`,
  )
}

export function moneyTooLarge(): ApiError {
  return new ApiError(400, '0x80040317', 'Supplied value exceeded the MIN/MAX value of Money Type field.')
}

export function dateOutOfRange(): ApiError {
  return new ApiError(
    400,
    '0x80040239',
    'The date-time format is invalid, or value is outside the supported range.',
  )
}

export function statusMismatch(
  { status, state, id }: { readonly status: number; readonly state: string; readonly id: string },
  { logicalName, schemaName }: TableDefinition,
): ApiError {
  return new ApiError(
    400,
    '0x80048408',
    `${status} is not a valid status code for state code ${schemaName}State.${state} on ${logicalName} with Id ${id}.`,
  )
}

export function requiredMissing({ column }: CellPlace): ApiError {
  return new ApiError(400, '0x80040200', `Attribute: ${column.logicalName} cannot be set to NULL`)
}

export function missingRow({ logicalName }: TableDefinition, id: string): ApiError {
  return new ApiError(404, '0x80040217', `${logicalName} With Id = ${id} Does Not Exist`)
}

export function missingKey({ logicalName }: TableDefinition): ApiError {
  return new ApiError(
    404,
    '0x80060891',
    `A record with the specified key values does not exist in ${logicalName} entity`,
  )
}

export function alreadyThere(): ApiError {
  return new ApiError(412, '0x80040237', 'A record with matching key values already exists.')
}

export function keyViolated({ label, columns }: KeyDefinition, table: TableDefinition): ApiError {
  const names = columns.map(
    (name) => table.columns.find(({ logicalName }) => logicalName === name)?.label ?? name,
  )
  return new ApiError(
    412,
    '0x80060892',
    `Entity Key ${label} violated. A record with the same value for ${names.join(', ')} already exists. A duplicate record cannot be created. Select one or more unique values and try again.`,
  )
}

export function duplicateFound(): ApiError {
  return new ApiError(
    412,
    '0x80040333',
    'A record was not created or updated because a duplicate of the current record already exists.',
  )
}

export function versionMismatch(): ApiError {
  return new ApiError(
    412,
    '0x80060882',
    "The version of the existing record doesn't match the RowVersion property provided.",
  )
}

export function noConcurrency({ logicalName }: TableDefinition): ApiError {
  return new ApiError(
    400,
    '0x8006088D',
    `Optimistic concurrency isn't enabled for entity type ${logicalName}. The IfVersionMatches behavior can only be used if optimistic concurrency is enabled.`,
  )
}

export function associated(): ApiError {
  return new ApiError(
    405,
    '0x80040227',
    'The object you tried to delete is associated with another object and cannot be deleted.',
  )
}

export function notSupported(): ApiError {
  return new ApiError(405, '0x80040315', 'This action is not supported.')
}

export function invalidArgument(message: string): ApiError {
  return new ApiError(400, '0x80040203', message)
}

export function unknownSegment(segment: string): ApiError {
  return new ApiError(404, '0x8006088a', `Resource not found for the segment '${segment}'.`)
}

export function unknownContentId(reference: string): ApiError {
  return new ApiError(
    400,
    '0x80060888',
    `Content-ID Reference: '${reference}' does not exist in the batch context.`,
  )
}

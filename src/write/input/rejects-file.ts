import { stringify } from 'csv-stringify/sync'
import { stringify as stringifyJson } from 'lossless-json'
import type { RejectedRow } from '../outcome.ts'
import { isRejectColumn, REJECT_CODE_COLUMN, REJECT_REASON_COLUMN, type RowSource } from './input-row.ts'

/**
 * Turns rejected rows into text of the same shape as the input, with the reason in two further columns.
 * The text is valid input again. The first CSV row brings the header with it.
 */
export function rejectsPrinter(): (rejected: RejectedRow) => string {
  let headed = false
  return (rejected) => {
    const { source, values } = rejected.input
    if (source?.kind === 'csv') {
      const head = headed ? '' : csvHead(source)
      headed = true
      return head + csvLine(source, rejected)
    }
    return source ? ndjsonLine(source.text, rejected) : memoryLine(values, rejected)
  }
}

type CsvSource = Extract<RowSource, { kind: 'csv' }>

function csvHead({ header, delimiter }: CsvSource): string {
  const own = header.filter((name) => !isRejectColumn(name))
  return stringify([[...own, REJECT_CODE_COLUMN, REJECT_REASON_COLUMN]], { delimiter })
}

/** Cells beyond the header follow the reason, so that no text of the row is lost. */
function csvLine({ header, cells, delimiter }: CsvSource, { code, message }: RejectedRow): string {
  const own = header.flatMap((name, at) => (isRejectColumn(name) ? [] : [cells[at] ?? '']))
  return stringify([[...own, code, message, ...cells.slice(header.length)]], { delimiter })
}

function ndjsonLine(text: string, { code, message }: RejectedRow): string {
  const reason = `${JSON.stringify(REJECT_CODE_COLUMN)}:${JSON.stringify(code)},${JSON.stringify(REJECT_REASON_COLUMN)}:${JSON.stringify(message)}`
  const own = withoutReason(text)
  if (!own.startsWith('{') || !own.endsWith('}')) return `${own}\n`
  const body = own.slice(1, -1).trim()
  return `{${body}${body ? ',' : ''}${reason}}\n`
}

/** The reason always stands last, as this file wrote it: an earlier one is cut off, the rest stays as it was. */
function withoutReason(text: string): string {
  const reason = new RegExp(
    `,?"${REJECT_CODE_COLUMN}":"(?:[^"\\\\]|\\\\.)*","${REJECT_REASON_COLUMN}":"(?:[^"\\\\]|\\\\.)*"\\}$`,
  )
  return text.replace(reason, '}')
}

function memoryLine(values: Readonly<Record<string, unknown>>, { code, message }: RejectedRow): string {
  const own = Object.entries(values).filter(([name]) => !isRejectColumn(name))
  const reason = [
    [REJECT_CODE_COLUMN, code],
    [REJECT_REASON_COLUMN, message],
  ]
  return `${stringifyJson(Object.fromEntries([...own, ...reason]))}\n`
}

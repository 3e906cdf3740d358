import type { SqlPlan, SqlResult } from '../connect.ts'

/** A plan as people read it: what is asked, with what it brought where it ran, and what is done here. */
export function explainText({ requests, localSql, change }: SqlPlan, scans: SqlResult['scans'] = []): string {
  const lines = requests.flatMap(({ id, table, system, request, top, local }) => {
    const report = scans.find((scan) => scan.id === id)
    return [
      `${id}  ${system === undefined ? '' : `${system}.`}${table}${top === undefined ? '' : `, at most ${top} rows`}`,
      `     GET ${decodeURIComponent(request)}`,
      ...(report
        ? [
            `     ${report.rows} rows in ${report.pages} pages, ${report.bytes} bytes, ${report.ms} ms${report.keys === undefined ? '' : `, asked for by ${report.keys} values of another table`}`,
          ]
        : []),
      ...local.map((reason) => `     here: ${reason}`),
    ]
  })
  const written = change
    ? [
        `then ${change.mode} ${change.table}`,
        `     ${change.columns.join(', ')}${change.key === undefined ? '' : `, by ${change.key.join(', ')}`}`,
      ]
    : []
  return `${[...lines, 'here', `     ${localSql}`, ...written].join('\n')}\n`
}

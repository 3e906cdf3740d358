import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import { type Fields, nodeOf } from '../ast.ts'
import type { Bound } from '../bind.ts'
import type { RemoteScan } from '../plan.ts'
import { topOf } from '../push-top.ts'
import { askByRelated } from './ask-by-related.ts'
import { whyNotExactJoin } from './exact-join.ts'
import { linkJoins } from './link-joins.ts'

export interface JoinOptions {
  readonly tree: Fields
  readonly bound: Bound
  readonly limits: FetchXmlLimits
}

/** Scans of a statement, those that are joined along relations read together or narrowed by each other. */
export function joinScans(scans: readonly RemoteScan[], options: JoinOptions): readonly RemoteScan[] {
  if (scans.length < 2) return scans
  const { bound, limits } = options
  const limited = limitJoin(scans, options)
  if (limited && 'top' in limited) return [limited]
  const told = limited
    ? scans.map((scan) => ({ ...scan, local: scan.local.map((line) => renamed(line, limited.refused)) }))
    : scans
  return askByRelated(linkJoins(told, { bound, limits, limited: false }), { bound, limits })
}

/** One request for the first rows of a join: undefined where the statement has no limit, or its tables are no one tree. */
function limitJoin(
  scans: readonly RemoteScan[],
  { tree, bound, limits }: JoinOptions,
): RemoteScan | { readonly refused: string } | undefined {
  const select = nodeOf(tree, 'SelectStmt')
  if (!select || select.limitCount === undefined) return undefined
  const [joined, more] = linkJoins(scans, { bound, limits, limited: true })
  const root = bound.scans.find(({ id }) => id === joined?.id)
  if (!joined || more || !root) return undefined
  if (joined.local.some((line) => line.startsWith('filter: '))) return { refused: 'a condition stays here' }
  const inexact = whyNotExactJoin(select, { bound, limits })
  if (inexact !== undefined) return { refused: inexact }
  const top = topOf(select, root, bound)
  if ('refused' in top) return top
  const local = joined.local.filter((line) => !line.startsWith(LIMIT))
  return { ...joined, top: top.rows, order: top.order, local }
}

const LIMIT = 'limit: '

function renamed(line: string, why: string): string {
  return line.startsWith(LIMIT) ? `${LIMIT}${why}` : line
}

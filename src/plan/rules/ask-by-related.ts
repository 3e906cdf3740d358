import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import { type Condition, countConditions } from '../../odata/condition.ts'
import { isPrintable } from '../../odata/print-fetch.ts'
import type { Bound } from '../bind.ts'
import { linksBelow, linksIn } from '../links.ts'
import type { RemoteScan, ScanReduction } from '../plan.ts'
import { MAX_CONDITIONS } from '../remote-filter.ts'
import { relationOf } from './relation.ts'

/**
 * A scan of which only rows matter that are related to rows of a scan with conditions: it is asked for these by the
 * conditions themselves, at the same time, and not by the keys the other scan will bring.
 */
export function askByRelated(
  scans: readonly RemoteScan[],
  { bound, limits }: { readonly bound: Bound; readonly limits: FetchXmlLimits },
): readonly RemoteScan[] {
  const filterOf = new Map(scans.flatMap((scan) => filtersOf(scan)))
  const relate = (scan: RemoteScan, reduction: ScanReduction): Condition[] => {
    const source = bound.scans.find(({ id }) => id === reduction.source)
    const own = bound.scans.find(({ id }) => id === scan.id)
    const filter = filterOf.get(reduction.source) ?? []
    if (!source || !own || filter.length === 0 || !isPrintable(filter)) return []
    const [from, to] = [reduction.sourceColumn, reduction.column]
    const uses = [
      { scan: own, column: to },
      { scan: source, column: from },
    ]
    if (!relationOf(uses, limits)) return []
    return [{ kind: 'related', exists: true, table: source.table.name, from, to, filter }]
  }
  return scans.map((scan) => {
    if (scan.top !== undefined || scan.aggregate || !isPrintable(scan.filter)) return scan
    let filter: readonly Condition[] = scan.filter
    const links = linksBelow(scan.links)
    for (const reduction of scan.reductions) {
      const more = [...filter, ...relate(scan, reduction)]
      const conditions = [...more, ...links.flatMap((link) => link.filter)]
      const fits = linksIn(conditions) + links.length <= limits.maxLinks
      if (fits && countConditions(conditions) + links.length <= MAX_CONDITIONS) filter = more
    }
    if (filter === scan.filter || filter.length === scan.filter.length) return scan
    return { ...scan, language: 'fetchxml', filter, reductions: [] }
  })
}

function filtersOf(scan: RemoteScan): readonly (readonly [string, readonly Condition[]])[] {
  return [scan, ...linksBelow(scan.links)].map(({ id, filter }) => [id, filter])
}

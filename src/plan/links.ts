import type { Condition } from '../odata/condition.ts'
import type { RemoteLink } from './plan.ts'

/** Joined tables of a scan, those joined to them among them. */
export function linksBelow(links: readonly RemoteLink[]): readonly RemoteLink[] {
  return links.flatMap((link) => [link, ...linksBelow(link.links)])
}

/** How many links conditions make, those within links too. */
export function linksIn(conditions: readonly Condition[]): number {
  return conditions.reduce((sum, condition) => {
    if (condition.kind === 'all' || condition.kind === 'any') return sum + linksIn(condition.of)
    return condition.kind === 'related' ? sum + 1 + linksIn(condition.filter) : sum
  }, 0)
}

import { D365Error } from '../../../core/errors.ts'
import type { ResolvedOptions } from '../../options.ts'
import type { WriteItem } from '../../request/write-item.ts'
import type { FetchMany } from '../fetch-many.ts'
import type { SendBatch } from '../transport.ts'
import { batchRoute } from './batch-route.ts'
import { bulkSupport } from './bulk-support.ts'
import { multipleRoute } from './multiple-route.ts'
import type { Route } from './route.ts'
import { type RouteContext, singleRoute } from './single-route.ts'

export interface Routes {
  /** The way for these rows. Rejects with CONFIG_INVALID where the route asked for is not there. */
  routeFor(items: readonly WriteItem[]): Promise<Route>
  /** How many rows should leave together, as far as is known by now. */
  rowsPerRequest(): number
}

export interface RoutesContext extends RouteContext {
  readonly sendBatch: SendBatch
  readonly fetchMany: FetchMany
  readonly options: Pick<ResolvedOptions, 'route' | 'batchSize' | 'bulkSize' | 'key'>
}

/** With fewer rows a bulk message saves less than it costs to ask whether it is there. */
const FEWEST_ROWS_TO_ASK_FOR = 10
/** Where many rows are bad, telling them apart by halves takes several times the requests of a batch. */
const BATCHES_AFTER_MANY_HALVINGS = 16

/** A bulk message where the table takes it, else a batch, else single requests. */
export function createRoutes(context: RoutesContext): Routes {
  const { session, table, signal, options } = context
  const single = singleRoute(context)
  if (options.route === 'single') return { routeFor: async () => single, rowsPerRequest: () => 1 }
  const batch = batchRoute(context, single)
  const message = messageFor(context)
  if (options.route === 'multiple' && !message) throw notThere(context)
  if (options.route === 'batch' || !message)
    return { routeFor: async () => batch, rowsPerRequest: () => options.batchSize }

  let isThere: boolean | undefined
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    const support = await bulkSupport(session, { table, message, signal })
    if (options.route === 'multiple' && support === 'no') throw notThere(context)
    isThere ??= support === 'yes' || (options.route === 'multiple' && support === 'unknown')
  }
  let batchesFirst = 0
  const multiple = multipleRoute(
    message,
    {
      ...context,
      onUnknown: () => {
        isThere = false
      },
      onManyHalvings: () => {
        batchesFirst = BATCHES_AFTER_MANY_HALVINGS
      },
    },
    batch,
  )
  return {
    async routeFor(items) {
      if (options.route === 'auto' && items.length < FEWEST_ROWS_TO_ASK_FOR) return batch
      asking ??= ask()
      await asking
      if (!isThere) return batch
      if (batchesFirst === 0) return multiple
      batchesFirst--
      return batch
    },
    rowsPerRequest: () => ((isThere ?? options.route === 'multiple') ? options.bulkSize : options.batchSize),
  }
}

function notThere({ mode, table }: RoutesContext): D365Error {
  return new D365Error('CONFIG_INVALID', `${table.name} takes no bulk message for ${mode} by this key.`, {
    hint: 'Leave route out, or use batch. Nothing was written.',
  })
}

/** The bulk message for this kind of write, where it can name its rows. */
function messageFor({ mode, table, capabilities, options: { key } }: RoutesContext) {
  const message = capabilities.write.bulk.messages[mode]
  if (!message) return undefined
  const names = key.columns.map(({ name }) => name)
  if (!message.keyColumns.every((name) => names.includes(name))) return undefined
  const namesById = key.kind === 'primary' || names.includes(table.primaryKey)
  return namesById || message.byAlternateKey ? message : undefined
}

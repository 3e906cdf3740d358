import { D365Error } from '../../../core/errors.ts'
import type { ResolvedOptions } from '../../options.ts'
import type { WriteItem } from '../../request/write-item.ts'
import type { FetchMany } from '../fetch-many.ts'
import type { Lane } from '../lane.ts'
import { adaptiveSize, fixedSize, type RequestSize } from '../request-size.ts'
import type { SendBatch } from '../transport.ts'
import { batchRoute } from './batch-route.ts'
import { bulkSupport } from './bulk-support.ts'
import { multipleRoute } from './multiple-route.ts'
import type { Route } from './route.ts'
import { type Carry, type RouteContext, singleRoute } from './single-route.ts'

export interface Routes {
  /** The way for these rows. Rejects with CONFIG_INVALID where the route asked for is not there. */
  routeFor(items: readonly WriteItem[]): Promise<Route>
  /** How many rows should leave together, as far as is known by now. */
  rowsPerRequest(): number
}

export interface RoutesContext extends Omit<RouteContext, 'carry'> {
  readonly sendBatch: SendBatch
  readonly fetchMany: FetchMany
  readonly lane: Lane
  readonly sizes: RequestSizes
  readonly options: Pick<ResolvedOptions, 'route' | 'key'>
}

/** Rows in one request, learned by all users of a run together. */
export interface RequestSizes {
  readonly multiple: RequestSize
  readonly batch: RequestSize
}

/** As many rows as take the time a request should, or as many as was asked for. */
export function requestSizes(
  batchSize: number | undefined,
  { capabilities, table }: Pick<RouteContext, 'capabilities' | 'table'>,
): RequestSizes {
  const { batch, write } = capabilities
  const bulk = write.bulk.rows(table.kind)
  if (batchSize !== undefined)
    return { multiple: fixedSize(Math.min(batchSize, bulk.most)), batch: fixedSize(batchSize) }
  return {
    multiple: adaptiveSize(bulk),
    batch: adaptiveSize({ start: batch.startRows, most: batch.maxRequests }),
  }
}

/** With fewer rows a bulk message saves less than it costs to ask whether it is there. */
const FEWEST_ROWS_TO_ASK_FOR = 10
/** Where many rows are bad, telling them apart by halves takes several times the requests of a batch. */
const BATCHES_AFTER_MANY_HALVINGS = 16

/** A bulk message where the table takes it, else a batch, else single requests. */
export function createRoutes(context: RoutesContext): Routes {
  const { lane, table, signal, options, sizes } = context
  const single = singleRoute({ ...context, carry: carrier('single', SINGLE, context) })
  if (options.route === 'single') return { routeFor: async () => single, rowsPerRequest: () => 1 }
  const batch = batchRoute({ ...context, carry: carrier('batch', sizes.batch, context) }, single)
  const message = messageFor(context)
  if (options.route === 'multiple' && !message) throw notThere(context)
  if (options.route === 'batch' || !message)
    return { routeFor: async () => batch, rowsPerRequest: sizes.batch.current }

  let isThere: boolean | undefined
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    const support = await bulkSupport(lane.session, { table, message, signal })
    if (options.route === 'multiple' && support === 'no') throw notThere(context)
    isThere ??= support === 'yes' || (options.route === 'multiple' && support === 'unknown')
  }
  let batchesFirst = 0
  const multiple = multipleRoute(
    message,
    {
      ...context,
      carry: carrier('multiple', sizes.multiple, context),
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
    rowsPerRequest: () => (isThere === false ? sizes.batch : sizes.multiple).current(),
  }
}

const SINGLE = fixedSize(1)

/** Requests of one route: each tells how long such a request takes, and the user's lane how long a row does. */
function carrier(kind: string, size: RequestSize, { lane, signal }: RoutesContext): Carry {
  return (send, rows) =>
    lane.carry(send, {
      signal,
      onTook: (ms) => {
        // What a request costs beside its rows would make a small one look slow.
        if (rows * 2 >= size.current()) lane.took(ms, { rows, kind })
        size.took(ms, rows)
      },
    })
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

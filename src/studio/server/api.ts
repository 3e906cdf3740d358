import type { Call } from './call.ts'
import { activityRoutes } from './routes/activity.ts'
import { connectRoutes } from './routes/connect.ts'
import { exploreRoutes } from './routes/explore.ts'
import { rowRoutes } from './routes/row.ts'
import { sessionRoutes } from './routes/session.ts'
import { sqlRoutes } from './routes/sql.ts'
import { systemRoutes } from './routes/systems.ts'
import { writeRoutes } from './routes/write.ts'

/** Everything the browser may ask, by name. One file an area; a new area is one line here. */
export const api = {
  ...sessionRoutes,
  ...systemRoutes,
  ...connectRoutes,
  ...exploreRoutes,
  ...rowRoutes,
  ...sqlRoutes,
  ...writeRoutes,
  ...activityRoutes,
} satisfies Readonly<Record<string, Call>>

export type Api = typeof api

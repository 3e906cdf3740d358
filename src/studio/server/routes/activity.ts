import { z } from 'zod'
import { answer, events, nothing } from '../call.ts'
import { EnvironmentChoice } from '../environments.ts'

/** What the studio does and did, live, and what the service says is left of its limits. */
export const activityRoutes = {
  'activity.watch': events(nothing, async function* (_, { activity, signal }) {
    for await (const works of activity.watch(signal)) yield { works }
  }),

  /** As the last answer said: nothing is asked for it. */
  'activity.limits': answer(
    z.object({ environment: EnvironmentChoice }),
    async ({ environment }, { environments }) => (await environments.open(environment)).limits(),
  ),
}

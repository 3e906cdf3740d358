import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connect, type SqlResult } from '../src/connect.ts'
import { createSandbox } from '../src/sandbox/index.ts'
import { shownRows } from './agree/answers.ts'
import { openPlainDuck } from './agree/plain-duck.ts'
import { type Query, queries } from './agree/queries.ts'
import { makeWorld } from './agree/remote-world.ts'
import { worldOf } from './agree/world.ts'
import { freshFolder } from './sandbox.test-support.ts'

/**
 * Generated queries over generated tables have one answer, however it comes about: what can be sent is sent; everything is
 * read and done here; a DuckDB that never heard of a service has the whole tables. The service's half is the sandbox's own
 * code, so agreement means something.
 */

const LONG = process.env.D365_LONG === '1'
const WORLDS = LONG ? 10 : 2
const RUNS = LONG ? 5000 : 1000
/** Queries under way at a time, each of a seed of its own. */
const LANES = 4

describe.each(Array.from({ length: WORLDS }, (_, at) => 20_260_101 + at))('world %i', (seed) => {
  test('has one answer to every query: pushed, not pushed, and by a plain DuckDB', async () => {
    const world = worldOf(seed)
    const server = await createSandbox({
      empty: true,
      limits: { requests: 10_000_000, executionMs: 1e12 },
    }).listen({ port: 0 })
    const connection = await connect({
      connectionString: server.connectionString,
      env: { D365_CONFIG_DIR: freshFolder(), D365_SECRET_STORE: 'file' },
    })
    const plain = await openPlainDuck(world)
    try {
      await makeWorld(world, { root: server.serviceUrl, token: (await connection.token()).value })
      let sent = 0
      const check = async (query: Query): Promise<void> => {
        const pushed = await connection.query(query.ours)
        if (pushed.plan.requests.some(({ request }) => /filter|apply|fetchXml/.test(request))) sent++
        const whole = await connection.query(query.ours, { pushdown: false })
        expect(headOf(pushed), query.ours).toEqual(headOf(whole))
        for (const { rows } of [pushed, whole]) {
          if (query.anyOf) {
            const all = shownRows(await plain.rows(query.anyOf.all.plain), query)
            expect(rows, query.ours).toHaveLength(Math.min(all.length, query.anyOf.most))
            expect(all, query.ours).toEqual(expect.arrayContaining(shownRows(rows, query)))
          } else
            expect(shownRows(rows, query), query.ours).toEqual(
              shownRows(await plain.rows(query.plain), query),
            )
        }
      }
      const lane = (number: number) =>
        fc.assert(fc.asyncProperty(queries(world), check), {
          numRuns: RUNS / LANES,
          seed: seed * LANES + number,
        })
      await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)))
      expect(sent).toBeGreaterThan(RUNS / 3)
    } finally {
      plain.close()
      await connection.close()
      await server.close()
    }
  }, 3_600_000)
})

const headOf = ({ columns }: SqlResult): string[] => columns.map(({ name, type }) => `${name} ${type}`)

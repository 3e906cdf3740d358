import { describe, expect, test } from 'vitest'
import { parseStatement, printStatement } from '../parse.ts'
import { TABLES } from '../plan.test-support.ts'
import { readChange } from './change.ts'

/** SQL in; the SELECT that finds the rows, and how they are written, out. */
async function found(text: string) {
  const statement = await parseStatement(text)
  const table = TABLES.find(({ name }) => name === 'account')
  if (!table) throw new Error('The test has no account.')
  const change = readChange({ statement, table, tableOf: () => undefined })
  return {
    select: change && printStatement(change.select.tree),
    actions: change?.actions.map(({ mode, columns, from }) => `${mode} ${columns.join(',')} @${from}`),
  }
}

describe('MERGE', () => {
  test('joins by the left where new rows are made, and gives each row the first WHEN about it', async () => {
    expect(
      await found(
        'merge into account a using contact s on a.name = s.fullname when matched and s.x > 1 then delete when matched then update set name = upper(s.x) when not matched then insert (name) values (s.fullname)',
      ),
    ).toMatchInlineSnapshot(`
      {
        "actions": [
          "delete accountid @1",
          "update accountid,name @2",
          "insert name @4",
        ],
        "select": "SELECT CASE WHEN a.accountid IS NOT NULL AND s.x > 1 THEN 0 WHEN a.accountid IS NOT NULL THEN 1 WHEN a.accountid IS NULL THEN 2 END AS _action, a.accountid AS _v1, a.accountid AS _v2, CASE WHEN a.accountid IS NOT NULL AND s.x > 1 THEN NULL WHEN a.accountid IS NOT NULL THEN upper(s.x) END AS _v3, s.fullname AS _v4 FROM contact AS s LEFT JOIN account AS a ON a.name = s.fullname WHERE CASE WHEN a.accountid IS NOT NULL AND s.x > 1 THEN 0 WHEN a.accountid IS NOT NULL THEN 1 WHEN a.accountid IS NULL THEN 2 END IS NOT NULL",
      }
    `)
  })

  test('that makes no rows joins the inner way, with the values that are known as a condition', async () => {
    expect(
      await found(
        "merge into account a using (values ('A', 1), ('B', 2), (null, 3)) s(k, n) on a.name = s.k and a.revenue > 5 when matched then update set revenue = s.n",
      ),
    ).toMatchInlineSnapshot(`
      {
        "actions": [
          "update accountid,revenue @1",
        ],
        "select": "SELECT CASE WHEN a.accountid IS NOT NULL THEN 0 END AS _action, a.accountid AS _v1, s.n AS _v2 FROM ( VALUES ('A', 1), ('B', 2), (NULL, 3) ) AS s(k, n) JOIN account AS a ON (a.name = s.k AND a.revenue > 5) AND a.name IN ('A', 'B') WHERE CASE WHEN a.accountid IS NOT NULL THEN 0 END IS NOT NULL",
      }
    `)
  })

  test('marks the rows of its source where those without one matter', async () => {
    expect(
      await found(
        'merge into account a using (select 1 as n) s on a.revenue = s.n when not matched by source then delete when not matched then do nothing',
      ),
    ).toMatchInlineSnapshot(`
      {
        "actions": [
          "delete accountid @1",
        ],
        "select": "SELECT CASE WHEN s._is_there IS NULL THEN 0 WHEN a.accountid IS NULL THEN NULL END AS _action, a.accountid AS _v1 FROM ( SELECT s.*, true AS _is_there FROM ( SELECT 1 AS n ) AS s ) AS s FULL JOIN account AS a ON a.revenue = s.n WHERE CASE WHEN s._is_there IS NULL THEN 0 WHEN a.accountid IS NULL THEN NULL END IS NOT NULL",
      }
    `)
  })
})

test('DO UPDATE over the row that is there is a MERGE by the key', async () => {
  expect(
    await found(
      "insert into account as a (accountid, revenue) values ('x', 1) on conflict (accountid) do update set revenue = a.revenue + excluded.revenue where a.name is not null",
    ),
  ).toMatchInlineSnapshot(`
    {
      "actions": [
        "update accountid,revenue @1",
        "insert accountid,revenue @3",
      ],
      "select": "SELECT CASE WHEN a.accountid IS NOT NULL AND a.name IS NOT NULL THEN 0 WHEN a.accountid IS NULL THEN 1 END AS _action, a.accountid AS _v1, CASE WHEN a.accountid IS NOT NULL AND a.name IS NOT NULL THEN a.revenue + excluded.revenue END AS _v2, excluded.accountid AS _v3, excluded.revenue AS _v4 FROM ( VALUES ('x', 1) ) AS excluded(accountid, revenue) LEFT JOIN account AS a ON a.accountid = excluded.accountid AND a.accountid IN ('x') WHERE CASE WHEN a.accountid IS NOT NULL AND a.name IS NOT NULL THEN 0 WHEN a.accountid IS NULL THEN 1 END IS NOT NULL",
    }
  `)
})

test('DO UPDATE with the new values is an upsert by itself', async () => {
  expect(
    await found(
      "insert into account (accountid, revenue) values ('x', 1) on conflict (accountid) do update set revenue = excluded.revenue",
    ),
  ).toMatchInlineSnapshot(`
    {
      "actions": [
        "upsert accountid,revenue @0",
      ],
      "select": "VALUES ('x', 1)",
    }
  `)
})

test('RETURNING finds along with a row what only the statement knows of it', async () => {
  expect(
    await found(
      'update account a set name = s.fullname from contact s where a.accountid = s.x returning a.name, s.fullname || old.name, new.revenue',
    ),
  ).toMatchInlineSnapshot(`
    {
      "actions": [
        "update accountid,name @0",
      ],
      "select": "SELECT a.accountid AS _key, s.fullname AS _v1, s.fullname AS _f1, a.name AS _f2 FROM account AS a, contact AS s WHERE a.accountid = s.x",
    }
  `)
})

test('a reference to a row by its key becomes the list that a lookup takes', async () => {
  expect(
    await found(
      "update account set primarycontactid = ('contact', 'Sales') where accountid in (select (x, 1) from contact)",
    ),
  ).toMatchInlineSnapshot(`
    {
      "actions": [
        "update accountid,primarycontactid @0",
      ],
      "select": "SELECT account.accountid AS _key, (to_json(ARRAY['contact'::text, 'Sales'::text]))::text AS _v1 FROM account WHERE accountid IN (SELECT (x, 1) FROM contact)",
    }
  `)
})

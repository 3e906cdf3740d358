import { columnRef, type Fields, isFields, listOf, nodeOf, positionOf, starRef, textOf } from '../ast.ts'
import { tableNameOf } from '../bind.ts'
import { sqlError } from '../parse.ts'
import { assignments, isSimple, withRowReferences, writtenColumn } from './assignments.ts'
import type { Change, ChangeAction, Reading } from './change.ts'
import { aliasOf } from './keyed.ts'
import { narrowed } from './known-values.ts'
import { readReturning } from './returning.ts'

/** What a MERGE says: its table, its source, how they meet, and what is done then. */
export interface Merge {
  readonly relation: Fields
  readonly sourceRelation: unknown
  readonly joinCondition: unknown
  readonly whens: readonly Fields[]
  readonly withClause: unknown
  readonly returningClause: unknown
}

export function readMerge(merge: Fields, reading: Reading): Change {
  return mergeChange(
    {
      relation: isFields(merge.relation) ? merge.relation : {},
      sourceRelation: merge.sourceRelation,
      joinCondition: merge.joinCondition,
      whens: listOf(merge.mergeWhenClauses).map((item) => nodeOf(item, 'MergeWhenClause') ?? {}),
      withClause: merge.withClause,
      returningClause: merge.returningClause,
    },
    reading,
  )
}

/**
 * A join of the source and the table, each row of it with the first WHEN that is about it; rows about which none is are
 * left out. What a row cannot use is not computed for it, so that it cannot fail.
 */
export function mergeChange(merge: Merge, reading: Reading): Change {
  const { table, statement } = reading
  const alias = aliasOf(merge.relation)
  const source = sourceOf(merge, reading)
  const isThere = isNotNull(columnRef(alias, table.primaryKey), true)
  const isBrought = source.marker && isNotNull(source.marker, true)
  const whens = merge.whens.map((when): When => {
    const matched = when.matchKind === 'MERGE_WHEN_MATCHED'
    const bySource = when.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE'
    const kind = matched
      ? [isThere, ...(isBrought ? [isBrought] : [])]
      : bySource
        ? [negated(isBrought)]
        : [negated(isThere)]
    return { when, condition: all([...kind, ...(when.condition === undefined ? [] : [when.condition])]) }
  })
  const written = writtenBy(whens, { alias, reading })
  const which = caseOf(
    whens.map(({ when, condition }) => {
      const at = written.findIndex((one) => one.when === when)
      return { condition, value: at < 0 ? NULL : numberNode(at) }
    }),
  )
  const from = 1 + written.reduce((count, { values }) => count + values.length, 0)
  const returning = readReturning(merge.returningClause, {
    ...reading,
    relation: merge.relation,
    hasOthers: true,
    modes: written.map(({ mode }) => mode),
    from,
  })
  return {
    kind: 'merge',
    table: tableNameOf(merge.relation),
    actions: placed(written),
    conditional: true,
    returning: returning?.returning,
    select: {
      text: statement.text,
      tree: {
        SelectStmt: {
          targetList: [
            { ResTarget: { name: '_action', val: which } },
            ...written
              .flatMap(({ values }) => values)
              .map((val, at) => ({ ResTarget: { name: `_v${at + 1}`, val } })),
            ...(returning?.selected ?? []),
          ],
          fromClause: [
            {
              JoinExpr: {
                jointype: joinOf(merge.whens),
                larg: source.relation,
                rarg: { RangeVar: merge.relation },
                quals: narrowed(merge.joinCondition, { alias, source: source.relation }),
              },
            },
          ],
          whereClause: isNotNull(structuredClone(which), true),
          ...(merge.withClause === undefined ? {} : { withClause: merge.withClause }),
          limitOption: 'LIMIT_OPTION_DEFAULT',
          op: 'SETOP_NONE',
        },
      },
    },
  }
}

interface When {
  readonly when: Fields
  /** When it is about a row, those before it aside. */
  readonly condition: Fields
}

function joinOf(whens: readonly Fields[]): string {
  const kinds = whens.map(({ matchKind }) => matchKind)
  if (kinds.includes('MERGE_WHEN_NOT_MATCHED_BY_SOURCE')) return 'JOIN_FULL'
  return kinds.includes('MERGE_WHEN_NOT_MATCHED_BY_TARGET') ? 'JOIN_LEFT' : 'JOIN_INNER'
}

interface Source {
  readonly relation: unknown
  /** A column that is NULL where the source has no row; undefined where it always has one. */
  readonly marker: Fields | undefined
}

/** Where rows of the table without one in the source matter, those of the source are told by a column that is never NULL. */
function sourceOf({ sourceRelation, whens }: Merge, { statement: { text }, tableOf }: Reading): Source {
  if (joinOf(whens) !== 'JOIN_FULL') return { relation: sourceRelation, marker: undefined }
  const rangeVar = nodeOf(sourceRelation, 'RangeVar')
  const table = rangeVar && tableOf(rangeVar)
  if (rangeVar && table)
    return { relation: sourceRelation, marker: columnRef(aliasOf(rangeVar), table.primaryKey) }
  const inside = isFields(sourceRelation) ? Object.values(sourceRelation).find(isFields) : undefined
  const named = isFields(inside?.alias) ? textOf(inside.alias.aliasname) : textOf(rangeVar?.relname)
  if (named === undefined)
    throw sqlError('The source of MERGE has no name', { text, position: 0, hint: 'Write USING (…) AS s.' })
  return {
    marker: columnRef(named, MARKER),
    relation: {
      RangeSubselect: {
        subquery: {
          SelectStmt: {
            targetList: [{ ResTarget: { val: starRef(named) } }, { ResTarget: { name: MARKER, val: TRUE } }],
            fromClause: [sourceRelation],
            limitOption: 'LIMIT_OPTION_DEFAULT',
            op: 'SETOP_NONE',
          },
        },
        alias: { aliasname: named },
      },
    },
  }
}

const MARKER = '_is_there'

interface Written extends Omit<ChangeAction, 'from'> {
  readonly when: Fields
  readonly values: readonly unknown[]
}

/** The WHENs that write, with the values of their columns. */
function writtenBy(
  whens: readonly When[],
  { alias, reading }: { readonly alias: string; readonly reading: Reading },
): readonly Written[] {
  const { table } = reading
  const key = columnRef(alias, table.primaryKey)
  return whens.flatMap(({ when }, at): Written[] => {
    const guarded = (value: unknown): unknown => {
      const upToIt = whens.slice(0, at + 1).map(({ condition }) => structuredClone(condition))
      const parts = upToIt.map((condition, place) => ({ condition, value: place === at ? value : NULL }))
      return isSimple(value) ? value : caseOf(parts)
    }
    const facts = { when, key: undefined, skipExisting: false }
    if (when.commandType === 'CMD_UPDATE') {
      const set = assignments(listOf(when.targetList), reading)
      return [
        {
          ...facts,
          mode: 'update',
          columns: [table.primaryKey, ...set.map(({ column }) => column)],
          values: [key, ...set.map(({ value }) => guarded(value))],
        },
      ]
    }
    if (when.commandType === 'CMD_DELETE')
      return [{ ...facts, mode: 'delete', columns: [table.primaryKey], values: [key] }]
    if (when.commandType !== 'CMD_INSERT') return []
    const { columns, values } = insertedBy(when, reading)
    return [{ ...facts, mode: 'insert', columns, values: values.map(guarded) }]
  })
}

function insertedBy(
  when: Fields,
  { statement: { text }, table }: Reading,
): { readonly columns: readonly string[]; readonly values: readonly unknown[] } {
  const targets = listOf(when.targetList).map((item) => nodeOf(item, 'ResTarget') ?? {})
  const columns = targets.map((target) => writtenColumn(target, { text, table }))
  const [list] = listOf(withRowReferences({ valuesLists: [{ List: { items: when.values } }] }).valuesLists)
  const values = listOf(nodeOf(list, 'List')?.items)
  if (columns.length > 0 && columns.length === values.length) return { columns, values }
  throw sqlError(
    columns.length === 0
      ? 'INSERT of a MERGE has to name its columns'
      : `INSERT names ${columns.length} columns and has ${values.length} values`,
    {
      text,
      position: targets[0] && positionOf(targets[0]),
      hint: 'Write THEN INSERT (a, b) VALUES (s.a, s.b).',
    },
  )
}

function placed(written: readonly Written[]): readonly ChangeAction[] {
  let from = 1
  return written.map(({ when: _when, values, ...action }) => {
    const at = from
    from += values.length
    return { ...action, from: at }
  })
}

const NULL: Fields = { A_Const: { isnull: true } }
const TRUE: Fields = { A_Const: { boolval: { boolval: true } } }

function numberNode(value: number): Fields {
  return { A_Const: { ival: value === 0 ? {} : { ival: value } } }
}

function caseOf(parts: readonly { readonly condition: Fields; readonly value: unknown }[]): Fields {
  return {
    CaseExpr: {
      args: parts.map(({ condition, value }) => ({ CaseWhen: { expr: condition, result: value } })),
    },
  }
}

function isNotNull(arg: unknown, is: boolean): Fields {
  return { NullTest: { arg, nulltesttype: is ? 'IS_NOT_NULL' : 'IS_NULL' } }
}

function negated(test: Fields | undefined): Fields {
  return isNotNull(nodeOf(test, 'NullTest')?.arg, false)
}

function all(conditions: readonly unknown[]): Fields {
  const [only] = conditions
  if (conditions.length === 1 && isFields(only)) return only
  return { BoolExpr: { boolop: 'AND_EXPR', args: conditions } }
}

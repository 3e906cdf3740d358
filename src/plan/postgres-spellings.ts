import { call, type Fields, functionName, isFields, listOf, namesOf, nodeOf, textConstant } from './ast.ts'
import { literalOf } from './literal.ts'
import { sqlError } from './parse.ts'

/**
 * What PostgreSQL spells otherwise than the engine: operators and functions that the engine lacks, or that mean another
 * thing to it (`~` matches the whole text there, SIMILAR TO takes a regular expression). Undefined: nothing to change.
 */
export function postgresSpelling(kind: string, fields: Fields, text: string): Fields | undefined {
  switch (kind) {
    case 'A_Expr':
      return regexOperator(fields) ?? similarTo(fields, text) ?? betweenSymmetric(fields)
    case 'FuncCall':
      return functionSpelling(fields)
    case 'SelectStmt':
      return withoutColumns(fields)
    default:
      return undefined
  }
}

const REGEX: Readonly<Record<string, { readonly negated: boolean; readonly options: readonly string[] }>> = {
  '~': { negated: false, options: [] },
  '~*': { negated: false, options: ['i'] },
  '!~': { negated: true, options: [] },
  '!~*': { negated: true, options: ['i'] },
}

function regexOperator({ kind, name, lexpr, rexpr }: Fields): Fields | undefined {
  const regex = REGEX[namesOf(name)[0] ?? '']
  if (kind !== 'AEXPR_OP' || !regex || lexpr === undefined) return undefined
  const matches = call('regexp_matches', lexpr, rexpr, ...regex.options.map(textConstant))
  return regex.negated ? not(matches) : matches
}

/** The pattern of SQL's SIMILAR TO as a regular expression. */
function similarTo({ kind, name, lexpr, rexpr, location }: Fields, text: string): Fields | undefined {
  if (kind !== 'AEXPR_SIMILAR') return undefined
  const escaped = nodeOf(rexpr, 'FuncCall')
  const [pattern, escapedBy] = escaped ? listOf(escaped.args) : [rexpr]
  const [constant, by] = [literalOf(pattern), escapedBy === undefined ? undefined : literalOf(escapedBy)]
  if (constant?.kind !== 'text' || (by !== undefined && by.kind !== 'text'))
    throw sqlError('The pattern of SIMILAR TO is not a constant', {
      text,
      position: typeof location === 'number' ? location : undefined,
      hint: 'Compare with ~ and a regular expression.',
    })
  const regex = regexOf(constant.text, by?.text ?? '\\')
  const matches = call('regexp_full_match', lexpr, textConstant(regex), textConstant('s'))
  return namesOf(name)[0]?.startsWith('!') ? not(matches) : matches
}

function regexOf(pattern: string, escapedBy: string): string {
  let regex = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === escapedBy) regex += `\\${pattern.charAt(++at)}`
    else if (character === '%') regex += '.*'
    else if (character === '_') regex += '.'
    else regex += /[.^$\\]/.test(character) ? `\\${character}` : character
  }
  return regex
}

/** `between symmetric a and b`: between a and b, or between b and a. */
function betweenSymmetric(fields: Fields): Fields | undefined {
  const [low, high] = listOf(nodeOf(fields.rexpr, 'List')?.items)
  const between = (...items: readonly unknown[]): Fields => ({
    A_Expr: {
      ...fields,
      kind: 'AEXPR_BETWEEN',
      name: [{ String: { sval: 'BETWEEN' } }],
      rexpr: { List: { items } },
    },
  })
  const either = { BoolExpr: { boolop: 'OR_EXPR', args: [between(low, high), between(high, low)] } }
  if (fields.kind === 'AEXPR_BETWEEN_SYM') return either
  return fields.kind === 'AEXPR_NOT_BETWEEN_SYM' ? not(either) : undefined
}

function not(condition: Fields): Fields {
  return { BoolExpr: { boolop: 'NOT_EXPR', args: [condition] } }
}

const RENAMED: Readonly<Record<string, string>> = {
  btrim: 'trim',
  every: 'bool_and',
  json_build_object: 'json_object',
  jsonb_build_object: 'json_object',
  json_build_array: 'json_array',
  jsonb_build_array: 'json_array',
  json_agg: 'json_group_array',
  jsonb_agg: 'json_group_array',
}

function functionSpelling(fields: Fields): Fields | undefined {
  const name = functionName(fields)
  const args = listOf(fields.args)
  const renamed = RENAMED[name]
  if (renamed !== undefined) return { FuncCall: { ...fields, funcname: [{ String: { sval: renamed } }] } }
  if ((name === 'lpad' || name === 'rpad') && args.length === 2) return call(name, ...args, textConstant(' '))
  if (name === 'octet_length' && args.length === 1) return call('strlen', ...args)
  const format = literalOf(args[1])
  if (format?.kind !== 'text') return undefined
  if (name === 'to_char') return call('strftime', args[0], textConstant(strftimeOf(format.text)))
  if (name === 'to_date')
    return {
      TypeCast: {
        arg: call('strptime', args[0], textConstant(strftimeOf(format.text))),
        typeName: { names: [{ String: { sval: 'date' } }], typemod: -1 },
        location: -1,
      },
    }
  return undefined
}

/** Longest first: `MON` before `MO`, `HH24` before `HH`. */
const FORMATS: Readonly<Record<string, string>> = {
  YYYY: '%Y',
  MONTH: '%B',
  HH24: '%H',
  HH12: '%I',
  DDD: '%j',
  MON: '%b',
  DAY: '%A',
  HH: '%I',
  YY: '%y',
  MM: '%m',
  DD: '%d',
  DY: '%a',
  MI: '%M',
  SS: '%S',
  US: '%f',
  MS: '%g',
  AM: '%p',
  PM: '%p',
  TZ: '%Z',
  IW: '%V',
}

/** A format of to_char in the words of strftime; text between double quotes stays. */
function strftimeOf(format: string): string {
  const words = new RegExp(`"([^"]*)"|%|${Object.keys(FORMATS).join('|')}`, 'gi')
  return format.replace(words, (word, quoted: string | undefined) =>
    quoted !== undefined
      ? quoted.replaceAll('%', '%%')
      : word === '%'
        ? '%%'
        : (FORMATS[word.toUpperCase()] ?? word),
  )
}

/** `exists (select from …)`: the engine wants a column. */
function withoutColumns(select: Fields): Fields | undefined {
  const bare =
    select.fromClause !== undefined &&
    listOf(select.targetList).length === 0 &&
    listOf(select.valuesLists).length === 0 &&
    !isFields(select.larg)
  return bare
    ? { SelectStmt: { ...select, targetList: [{ ResTarget: { val: { A_Const: { ival: { ival: 1 } } } } }] } }
    : undefined
}

import { ApiError, notEmulated } from '../operation.ts'
import type { CompareOperator, Expression, Operand, Path, TextFunction } from './expression.ts'
import { syntaxError, type Token, tokenize } from './tokens.ts'

/** `$filter` text to a tree. `aliases` are the `@p1=` parameters of the URL. */
export function parseFilter(text: string, aliases: ReadonlyMap<string, string>): Expression {
  const reader = createReader(text, aliases)
  const expression = disjunction(reader)
  const rest = reader.peek()
  if (rest.kind !== 'end') throw syntaxError(`Syntax error at position ${rest.at} in '${text}'.`)
  if (conditionsOf(expression) > MAX_CONDITIONS)
    throw new ApiError(400, '0x8004430C', 'Number of conditions in query exceeded maximum limit.')
  return expression
}

/** https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows#condition-limits */
const MAX_CONDITIONS = 500

function conditionsOf(expression: Expression): number {
  switch (expression.kind) {
    case 'logical':
      return conditionsOf(expression.left) + conditionsOf(expression.right)
    case 'not':
      return conditionsOf(expression.inner)
    case 'lambda':
      return expression.inner ? conditionsOf(expression.inner) : 1
    default:
      return 1
  }
}

interface Reader {
  readonly text: string
  readonly aliases: ReadonlyMap<string, string>
  peek(ahead?: number): Token
  take(): Token
  takeMark(mark: string): void
  isWord(word: string): boolean
  isMark(mark: string, ahead?: number): boolean
}

function createReader(text: string, aliases: ReadonlyMap<string, string>): Reader {
  const tokens = tokenize(text)
  const end: Token = { kind: 'end', value: '', at: text.length }
  let at = 0
  const peek = (ahead = 0): Token => tokens[at + ahead] ?? end
  const reader: Reader = {
    text,
    aliases,
    peek,
    take: () => {
      const token = peek()
      at++
      return token
    },
    takeMark: (mark) => {
      const token = reader.take()
      if (token.kind !== 'mark' || token.value !== mark)
        throw syntaxError(`Syntax error at position ${token.at} in '${text}'.`)
    },
    isWord: (word) => peek().kind === 'word' && peek().value === word,
    isMark: (mark, ahead = 0) => peek(ahead).kind === 'mark' && peek(ahead).value === mark,
  }
  return reader
}

function disjunction(reader: Reader): Expression {
  let left = conjunction(reader)
  while (reader.isWord('or')) {
    reader.take()
    left = { kind: 'logical', operator: 'or', left, right: conjunction(reader) }
  }
  return left
}

function conjunction(reader: Reader): Expression {
  let left = negation(reader)
  while (reader.isWord('and')) {
    reader.take()
    left = { kind: 'logical', operator: 'and', left, right: negation(reader) }
  }
  return left
}

function negation(reader: Reader): Expression {
  if (!reader.isWord('not')) return primary(reader)
  reader.take()
  const inner = negation(reader)
  if (asksQueryFunction(inner))
    throw new ApiError(
      405,
      '0x80060888',
      'Not operator along with the Custom Named Condition operators is not allowed',
    )
  return { kind: 'not', inner }
}

/** Is there a query function in it? Parentheses around one do not help against `not`. */
function asksQueryFunction(expression: Expression): boolean {
  switch (expression.kind) {
    case 'query':
      return true
    case 'logical':
      return asksQueryFunction(expression.left) || asksQueryFunction(expression.right)
    case 'not':
      return asksQueryFunction(expression.inner)
    default:
      return false
  }
}

function primary(reader: Reader): Expression {
  if (reader.isMark('(')) {
    reader.take()
    const inner = disjunction(reader)
    reader.takeMark(')')
    return inner
  }
  const token = reader.peek()
  if (token.kind === 'word' && reader.isMark('(', 1)) return call(reader)
  return comparison(reader)
}

const TEXT_FUNCTIONS: readonly string[] = ['contains', 'startswith', 'endswith']

function isTextFunction(name: string): name is TextFunction {
  return TEXT_FUNCTIONS.includes(name)
}

const QUERY_NAMESPACE = 'Microsoft.Dynamics.CRM.'

function call(reader: Reader): Expression {
  const name = reader.take().value
  reader.takeMark('(')
  if (isTextFunction(name)) {
    const property = pathOf(operand(reader), reader)
    if (reader.isMark(')')) throw noSignature(name)
    reader.takeMark(',')
    const text = operand(reader)
    reader.takeMark(')')
    return asComparison({ kind: 'text', name, property, text }, reader)
  }
  if (name.startsWith(QUERY_NAMESPACE)) return queryCall([], name, reader)
  throw syntaxError(
    `An unknown function with name '${name}' was found. This may also be a function import or a key lookup on a navigation property, which is not allowed.`,
  )
}

function queryCall(owner: readonly string[], name: string, reader: Reader): Expression {
  return {
    kind: 'query',
    owner,
    name: name.slice(QUERY_NAMESPACE.length),
    parameters: namedParameters(reader),
  }
}

export function noSignature(name: TextFunction): ApiError {
  return syntaxError(
    `No function signature for the function with name '${name}' matches the specified arguments. The function signatures considered are: ${name}(Edm.String Nullable=true, Edm.String Nullable=true).`,
  )
}

/** `contains(name,'x') eq true` is the same as `contains(name,'x')`. */
function asComparison(expression: Expression, reader: Reader): Expression {
  if (!reader.isWord('eq') && !reader.isWord('ne')) return expression
  const operator = reader.take().value
  const right = operand(reader)
  if (right.kind !== 'boolean')
    throw syntaxError('A function is compared with something that is not a boolean.')
  return right.value === (operator === 'eq') ? expression : { kind: 'not', inner: expression }
}

function namedParameters(reader: Reader): ReadonlyMap<string, Operand> {
  const parameters = new Map<string, Operand>()
  while (!reader.isMark(')')) {
    const name = reader.take()
    reader.takeMark('=')
    parameters.set(name.value, operand(reader))
    if (reader.isMark(',')) reader.take()
    else break
  }
  reader.takeMark(')')
  return parameters
}

const OPERATORS: readonly string[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le']

function isOperator(word: string): word is CompareOperator {
  return OPERATORS.includes(word)
}

function comparison(reader: Reader): Expression {
  const left = operand(reader)
  if (left.kind === 'path') {
    const lambda = lambdaOf(left, reader)
    if (lambda) return lambda
    const name = left.segments.at(-1) ?? ''
    if (name.startsWith(QUERY_NAMESPACE) && reader.isMark('(')) {
      reader.take()
      return queryCall(left.segments.slice(0, -1), name, reader)
    }
  }
  const word = reader.peek()
  if (word.kind !== 'word' || !isOperator(word.value)) {
    if (word.kind === 'word' && ['in', 'has', 'add', 'sub', 'mul', 'div', 'mod'].includes(word.value))
      throw notEmulated(`the operator ${word.value} in $filter (Dataverse does not document it)`)
    return { kind: 'boolean', operand: left }
  }
  reader.take()
  return { kind: 'compare', operator: word.value, left, right: operand(reader) }
}

/** `Account_Tasks/any(t:t/statecode eq 0)`; the path ends in the quantifier. */
function lambdaOf(path: Path, reader: Reader): Expression | undefined {
  const quantifier = path.segments.at(-1)
  if ((quantifier !== 'any' && quantifier !== 'all') || !reader.isMark('(')) return undefined
  reader.take()
  const collection: Path = { kind: 'path', segments: path.segments.slice(0, -1) }
  if (reader.isMark(')')) {
    reader.take()
    return { kind: 'lambda', quantifier, collection, variable: '', inner: undefined }
  }
  const variable = reader.take().value
  reader.takeMark(':')
  const inner = disjunction(reader)
  reader.takeMark(')')
  return { kind: 'lambda', quantifier, collection, variable, inner }
}

function pathOf(value: Operand, reader: Reader): Path {
  if (value.kind === 'path') return value
  throw syntaxError(`The first argument of a function must be a property in '${reader.text}'.`)
}

function operand(reader: Reader): Operand {
  const token = reader.take()
  switch (token.kind) {
    case 'text':
      return { kind: 'text', value: token.value }
    case 'number':
      return { kind: 'number', value: token.value }
    case 'guid':
      return { kind: 'guid', value: token.value.toLowerCase() }
    case 'date':
      return { kind: 'date', value: token.value }
    case 'list':
      return { kind: 'list', values: readList(token.value) }
    case 'alias':
      return aliasValue(token.value, reader)
    case 'word':
      return wordOperand(token, reader)
    default:
      throw syntaxError(`Expression expected at position ${token.at} in '${reader.text}'.`)
  }
}

function wordOperand(token: Token, reader: Reader): Operand {
  if (token.value === 'null') return { kind: 'null' }
  if (token.value === 'true' || token.value === 'false')
    return { kind: 'boolean', value: token.value === 'true' }
  const literal = reader.peek()
  if (token.value.includes('.') && literal.kind === 'text') {
    reader.take()
    return { kind: 'enum', type: token.value, value: literal.value }
  }
  const segments = [token.value]
  while (reader.isMark('/')) {
    reader.take()
    segments.push(reader.take().value)
  }
  return { kind: 'path', segments }
}

/** The alias's own expression; one that was not given is null. */
function aliasValue(alias: string, reader: Reader): Operand {
  const text = reader.aliases.get(alias)
  if (text === undefined) return { kind: 'null' }
  const inner = createReader(text, new Map())
  const value = operand(inner)
  return value
}

function readList(text: string): string[] {
  try {
    const values: unknown = JSON.parse(text)
    if (Array.isArray(values)) return values.map(String)
  } catch {
    const single = [...text.matchAll(/'((?:[^']|'')*)'/g)].map(([, value = '']) =>
      value.replaceAll("''", "'"),
    )
    if (single.length > 0) return single
  }
  throw syntaxError(
    `Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an array must be separated by commas.`,
  )
}

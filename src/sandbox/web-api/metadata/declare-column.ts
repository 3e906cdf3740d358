/** A column from the `AttributeMetadata` a maker sends: what it declares in the sandbox's own words. */
import { isAutoNumberFormat } from '../../auto-number.ts'
import type { ColumnDefinition, Option } from '../../schema.ts'
import {
  bigint,
  choice,
  choices,
  type Declared,
  decimal,
  double,
  type Extra,
  file,
  image,
  type Labels,
  memo,
  moment,
  money,
  text,
  whole,
  yesNo,
} from '../../seed/columns.ts'
import type { Schema } from '../../store/store.ts'
import { ApiError, notEmulated } from '../operation.ts'
import { isJsonObject, type Json, type JsonObject, jsonObject, NAMESPACE } from './definition.ts'

/** Lookups are not here: they are made by their relationship. */
export function declareColumn(body: JsonObject, schema: Schema): Declared {
  const name = schemaNameIn(body)
  const label = labelIn(body.DisplayName) ?? name
  const extra = extraOf(body)
  const type = typeIn(body)
  switch (type) {
    case 'StringAttributeMetadata': {
      const format = jsonObject(body.FormatName).Value
      return text(name, label, numberIn(body, 'MaxLength') ?? 100, {
        ...extra,
        ...(typeof format === 'string' ? { format } : {}),
        ...autoNumberIn(body),
      })
    }
    case 'MemoAttributeMetadata':
      return memo(name, label, numberIn(body, 'MaxLength') ?? 2000, extra)
    case 'IntegerAttributeMetadata':
      return whole(name, label, rangeIn(body, [-2_147_483_648, 2_147_483_647]), extra)
    case 'BigIntAttributeMetadata':
      return bigint(name, label, extra)
    case 'DecimalAttributeMetadata':
      return decimal(name, label, { ...extra, ...numericIn(body, [-100_000_000_000, 100_000_000_000]) })
    case 'DoubleAttributeMetadata':
      return double(name, label, { ...extra, ...numericIn(body, [0, 1_000_000_000]) })
    case 'MoneyAttributeMetadata':
      return money(name, label, { ...extra, ...numericIn(body, [-922_337_203_685_477, 922_337_203_685_477]) })
    case 'BooleanAttributeMetadata':
      return yesNo(name, label, { ...extra, ...yesNoLabels(body), default: body.DefaultValue === true })
    case 'DateTimeAttributeMetadata':
      return moment(name, label, { ...extra, ...dateKind(body) })
    case 'PicklistAttributeMetadata':
      return choice(name, label, labelsOf(body, schema), { ...extra, ...globalName(body, schema) })
    case 'MultiSelectPicklistAttributeMetadata':
      return choices(name, label, labelsOf(body, schema), { ...extra, ...globalName(body, schema) })
    case 'FileAttributeMetadata':
      return file(name, label, extra)
    case 'ImageAttributeMetadata':
      return image(name, label, extra)
    default:
      throw notEmulated(`creating columns of type ${type}`)
  }
}

/** `@odata.type` without namespace, `#` and the prefix that complex types carry. */
export function typeIn(body: JsonObject): string {
  const type = body['@odata.type']
  if (typeof type !== 'string')
    throw invalid("The property '@odata.type' is missing; it says which kind of definition this is.")
  return type
    .replace(/^#?/, '')
    .replace(`${NAMESPACE}.`, '')
    .replace(/^Complex/, '')
}

/** A customization prefix, an underscore, a name. */
export function schemaNameIn(body: JsonObject): string {
  const name = body.SchemaName
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]+$/.test(name)) {
    throw invalid(
      `The SchemaName ${JSON.stringify(name ?? null)} is not valid; it needs a customization prefix, such as new_Name.`,
    )
  }
  return name
}

/** Text of a `Label`. */
export function labelIn(value: Json | undefined): string | undefined {
  const { LocalizedLabels, UserLocalizedLabel } = jsonObject(value)
  const first = Array.isArray(LocalizedLabels) ? LocalizedLabels[0] : UserLocalizedLabel
  const label = jsonObject(first).Label
  return typeof label === 'string' ? label : undefined
}

function extraOf(body: JsonObject): Extra {
  const required = jsonObject(body.RequiredLevel).Value
  const description = labelIn(body.Description)
  const level = required === 'ApplicationRequired' || required === 'Recommended' ? required : 'None'
  return { custom: true, required: level, ...(description === undefined ? {} : { description }) }
}

const FIRST_NUMBER = 1000

/** `AutoNumberFormat`: absent changes nothing, empty ends the numbering, another format goes on counting. */
export function autoNumberIn(
  { AutoNumberFormat: format }: JsonObject,
  before?: ColumnDefinition,
): { readonly autoNumber?: NonNullable<ColumnDefinition['autoNumber']> | undefined } {
  if (typeof format !== 'string') return {}
  if (format === '') return { autoNumber: undefined }
  if (!isAutoNumberFormat(format)) throw invalid(`The AutoNumberFormat '${format}' is not valid.`)
  return { autoNumber: { format, seed: before?.autoNumber?.seed ?? FIRST_NUMBER } }
}

export function numberIn(body: JsonObject, name: string): number | undefined {
  const value = body[name]
  return typeof value === 'number' ? value : undefined
}

type Range = readonly [number, number]

function rangeIn(body: JsonObject, [low, high]: Range): Range {
  return [numberIn(body, 'MinValue') ?? low, numberIn(body, 'MaxValue') ?? high]
}

function numericIn(body: JsonObject, range: Range): { precision: number; range: Range } {
  return { precision: numberIn(body, 'Precision') ?? 2, range: rangeIn(body, range) }
}

function dateKind(body: JsonObject) {
  const behavior = jsonObject(body.DateTimeBehavior).Value
  const day = { format: 'DateOnly' } as const
  if (behavior === 'DateOnly' || behavior === 'TimeZoneIndependent') {
    return { behavior, ...(body.Format === 'DateOnly' ? day : {}) } as const
  }
  return body.Format === 'DateOnly' ? day : {}
}

function yesNoLabels(body: JsonObject): { yes?: string; no?: string } {
  const { TrueOption, FalseOption } = jsonObject(body.OptionSet)
  const yes = labelIn(jsonObject(TrueOption).Label)
  const no = labelIn(jsonObject(FalseOption).Label)
  return { ...(yes === undefined ? {} : { yes }), ...(no === undefined ? {} : { no }) }
}

function labelsOf(body: JsonObject, schema: Schema): Labels {
  const global = globalName(body, schema).global
  if (global !== undefined)
    return Object.fromEntries(globalOptions(global, schema).map(({ value, label }) => [value, label]))
  const { Options } = jsonObject(body.OptionSet)
  if (!Array.isArray(Options) || Options.length === 0)
    throw invalid('A choice needs an OptionSet with Options, or a GlobalOptionSet@odata.bind.')
  return Object.fromEntries(
    Options.map((option, index) => {
      const { Value, Label } = jsonObject(option)
      return [typeof Value === 'number' ? Value : FIRST_CUSTOM_OPTION + index, labelIn(Label) ?? '']
    }),
  )
}

/** Values that get numbers by themselves start here, as with the publisher prefix 10000. */
const FIRST_CUSTOM_OPTION = 100_000_000

/** `/GlobalOptionSetDefinitions(Name='x')`; by id it is refused, as the sandbox keeps no table of them. */
function globalName(body: JsonObject, schema: Schema): { global?: string } {
  const bound = body['GlobalOptionSet@odata.bind']
  if (bound === undefined) return {}
  const name = typeof bound === 'string' ? /\(Name='([^']+)'\)/.exec(bound)?.[1] : undefined
  if (name === undefined) throw notEmulated('GlobalOptionSet@odata.bind without Name')
  if (globalOptions(name, schema).length === 0)
    throw new ApiError(404, '0x80040217', `There is no global option set ${name}.`)
  return { global: name }
}

function globalOptions(name: string, { tables }: Schema): readonly Option[] {
  for (const { columns } of tables) {
    const found = columns.find(
      ({ globalOptionSet, optionSetName }) => globalOptionSet && optionSetName === name,
    )
    if (found?.options) return found.options
  }
  return []
}

export function invalid(message: string): ApiError {
  return new ApiError(400, '0x80040203', message)
}

/** The objects of a collection property. */
export function objectsIn(body: JsonObject, name: string): readonly JsonObject[] {
  const value = body[name]
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

import { functionName, walk } from './ast.ts'

/**
 * Functions of one row whose value its arguments alone decide. What is not here may be an aggregate, or give many rows, and
 * then all rows are needed.
 */
export const SCALAR_FUNCTIONS: ReadonlySet<string> = new Set(
  `abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log2 log10 pow power mod gcd lcm pi degrees radians
  sin cos tan asin acos atan atan2 greatest least even factorial isnan isinf
  lower upper lcase ucase length len char_length character_length strlen left right substr substring trim btrim ltrim rtrim
  replace reverse repeat lpad rpad concat concat_ws position strpos instr contains starts_with ends_with prefix suffix
  strip_accents ascii chr unicode ord translate split_part string_split str_split md5 sha256 hash format printf
  regexp_matches regexp_replace regexp_extract regexp_full_match like_escape ilike_escape overlay initcap to_char
  levenshtein jaccard editdist3 hamming bin hex url_encode url_decode
  nullif ifnull coalesce if
  date_trunc date_part extract datepart timezone year quarter month monthname week weekofyear yearweek day dayofmonth
  dayofweek weekday isodow isoyear dayofyear dayname last_day hour minute second millisecond microsecond epoch epoch_ms era
  make_date make_time make_timestamp make_timestamptz date_diff datediff date_sub datesub date_add age strftime strptime
  to_days to_hours to_minutes to_seconds to_months to_years to_timestamp
  list_contains list_has array_contains list_value list_extract list_element list_slice list_sort list_distinct list_concat
  list_position array_length cardinality array_to_string list_sum list_min list_max list_count list_any_value`
    .trim()
    .split(/\s+/),
)

export function isScalar(name: string): boolean {
  return SCALAR_FUNCTIONS.has(name)
}

/** Are all functions in it of one row? Windows are not. */
export function isScalarOnly(value: unknown): boolean {
  let scalar = true
  walk(value, (kind, fields) => {
    if (kind === 'FuncCall' && !isScalar(functionName(fields))) scalar = false
    return scalar
  })
  return scalar
}

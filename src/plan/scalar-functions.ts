/**
 * Functions of one row whose value its arguments alone decide. What is not here may be an aggregate, and then the rows are
 * needed.
 */
const SCALAR = new Set(
  `abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log2 log10 pow power mod div greatest least
  lower upper lcase ucase length len char_length character_length left right substr substring trim btrim ltrim rtrim
  replace reverse repeat lpad rpad concat concat_ws position strpos instr contains starts_with ends_with strip_accents
  nullif ifnull coalesce if
  date_trunc date_part extract datepart year quarter month monthname week weekofyear yearweek day dayofmonth dayofweek weekday isodow
  dayofyear dayname last_day make_date date_diff datediff date_add strftime to_char`.split(/\s+/),
)

export function isScalar(name: string): boolean {
  return SCALAR.has(name)
}

import type { Fields } from './ast.ts'
import { printStatement } from './parse.ts'

/** A condition or another expression as it reads in SQL, for people: cut where it is long. */
export function printExpression(expression: Fields): string {
  const printed = printStatement({
    SelectStmt: {
      targetList: [{ ResTarget: { val: expression } }],
      op: 'SETOP_NONE',
      limitOption: 'LIMIT_OPTION_DEFAULT',
    },
  }).replace(/^SELECT\s+/i, '')
  return printed.length > LONGEST ? `${printed.slice(0, LONGEST)}…` : printed
}

const LONGEST = 200

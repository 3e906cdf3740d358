import { D365Error } from '../core/errors.ts'

/** An option parser for whole numbers above 0. */
export function wholeNumber(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value > 0) return value
    throw new D365Error('CONFIG_INVALID', `${option} is ${text}; it must be a whole number above 0.`)
  }
}

/** An option parser for whole numbers from 0. */
export function count(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isInteger(value) && value >= 0) return value
    throw new D365Error('CONFIG_INVALID', `${option} is ${text}; it must be a whole number from 0.`)
  }
}

/** An option parser for TCP ports; 0 means any free one. */
export function portNumber(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value
    throw new D365Error('CONFIG_INVALID', `${option} is ${text}; it must be 0 (any free port) to 65535.`)
  }
}

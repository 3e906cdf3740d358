import { useEffect, useState } from 'react'

/** `value` once it has not changed for `ms`: what is asked of others waits until somebody has finished typing. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}

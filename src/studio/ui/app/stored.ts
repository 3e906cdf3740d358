import { useCallback, useState } from 'react'

/** A small choice that survives reloading the page. Nothing secret: any script of this origin can read it. */
export function useStored(
  name: string,
  fallback: string,
  storage: Storage = window.localStorage,
): readonly [string, (value: string) => void] {
  const key = `d365.${name}`
  const [value, setValue] = useState(() => storage.getItem(key) ?? fallback)
  const keep = useCallback(
    (next: string) => {
      storage.setItem(key, next)
      setValue(next)
    },
    [key, storage],
  )
  return [value, keep]
}

import { keepPreviousData, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type AnswerName, call, type Input, type Output } from './call.ts'

/** Answers are kept until something changes them; nothing is asked again behind a person's back. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: Number.POSITIVE_INFINITY, retry: false, refetchOnWindowFocus: false },
      mutations: { retry: false },
    },
  })
}

interface CallHookOptions {
  /** False: not asked yet. Default true. */
  readonly enabled?: boolean
  /** Show the answer to the question before, until the new one is there. Default false. */
  readonly keepPrevious?: boolean
  /** Ask again whenever it is shown anew: others than this page change the answer. Default false. */
  readonly fresh?: boolean
  /** Ask again every so many ms. Default: never. */
  readonly everyMs?: number
}

/** The answer to a question that changes nothing, asked when shown and shared by everything that asks the same. */
export function useCall<K extends AnswerName>(name: K, input: Input<K>, options: CallHookOptions = {}) {
  const { enabled = true, keepPrevious = false, fresh = false, everyMs } = options
  return useQuery({
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, input, { signal }),
    enabled,
    ...(fresh ? { staleTime: 0, refetchOnWindowFocus: true } : {}),
    ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  })
}

/** Something that is done when a person says so; `refreshes` names the answers that are out of date afterwards. */
export function useAction<K extends AnswerName>(name: K, refreshes: readonly AnswerName[] = []) {
  const client = useQueryClient()
  return useMutation<Output<K>, Error, Input<K>>({
    mutationFn: (input) => call(name, input),
    onSettled: () => Promise.all(refreshes.map((stale) => client.invalidateQueries({ queryKey: [stale] }))),
  })
}

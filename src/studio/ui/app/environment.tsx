import { Dropdown, makeStyles, Option, OptionGroup } from '@fluentui/react-components'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import type { EnvironmentChoice } from '../../server/environments.ts'
import { useCall } from '../server/hooks.ts'
import { useStored } from './stored.ts'

/** Which environment the pages work with, chosen in the header; every tab of the browser has its own choice. */
interface EnvironmentState {
  /** Undefined until something is saved or connected to. */
  readonly environment: EnvironmentChoice | undefined
  readonly choose: (environment: EnvironmentChoice) => void
}

const EnvironmentContext = createContext<EnvironmentState>({ environment: undefined, choose: () => {} })

export const useEnvironment = (): EnvironmentState => useContext(EnvironmentContext)

export function EnvironmentProvider({ children }: { readonly children: ReactNode }) {
  const [stored, keep] = useStored('environment', '', window.sessionStorage)
  const saved = useCall('systems.list', {})
  const chosen = useMemo(() => readChoice(stored), [stored])
  const draft = chosen && 'draft' in chosen ? chosen.draft : ''
  // A draft ends with the studio: after a restart the choice of it means nothing.
  const gone = useCall('connect.get', { draft }, { enabled: draft !== '' }).isError
  const state = useMemo(() => {
    const systems = saved.data?.systems ?? []
    const known =
      chosen &&
      ('draft' in chosen
        ? !gone
        : systems.some(
            ({ name, credentials }) =>
              name === chosen.system &&
              (chosen.credential === undefined || credentials.some((one) => one.name === chosen.credential)),
          ))
    const first = systems.find(({ name }) => name === saved.data?.defaultSystem) ?? systems[0]
    const fallback = first && choiceOf(first.name, first.defaultCredential)
    return {
      environment: known ? chosen : fallback,
      choose: (choice: EnvironmentChoice) => keep(JSON.stringify(choice)),
    }
  }, [chosen, gone, saved.data, keep])
  return <EnvironmentContext value={state}>{children}</EnvironmentContext>
}

/** Chooses among the saved systems, each with its credentials. */
export function EnvironmentPicker() {
  const styles = useStyles()
  const { environment, choose } = useEnvironment()
  const systems = useCall('systems.list', {}).data?.systems ?? []
  const unsaved = environment !== undefined && 'draft' in environment
  if (systems.length === 0 && !unsaved) return null
  const value = environment === undefined ? '' : environmentName(environment)
  return (
    <Dropdown
      aria-label="Environment"
      className={styles.picker}
      listbox={{ className: styles.list }}
      value={value}
      selectedOptions={environment === undefined ? [] : [JSON.stringify(environment)]}
      onOptionSelect={(_, { optionValue = '' }) => {
        const choice = readChoice(optionValue)
        if (choice) choose(choice)
      }}
    >
      {unsaved && <Option value={JSON.stringify(environment)}>Not saved yet</Option>}
      {systems.map((system) => (
        <OptionGroup key={system.name} label={system.name}>
          {system.credentials.map((credential) => (
            <Option
              key={credential.id}
              value={JSON.stringify(choiceOf(system.name, credential.name))}
              text={`${system.name} · ${credential.name}`}
            >
              {credential.name}
            </Option>
          ))}
        </OptionGroup>
      ))}
    </Dropdown>
  )
}

function choiceOf(system: string, credential: string | undefined): EnvironmentChoice {
  return credential === undefined ? { system } : { system, credential }
}

/** `prod · robot`. */
export function environmentName(environment: EnvironmentChoice): string {
  if ('draft' in environment) return 'Not saved yet'
  const { system, credential } = environment
  return credential === undefined ? system : `${system} · ${credential}`
}

function readChoice(stored: string): EnvironmentChoice | undefined {
  if (stored === '') return undefined
  const choice: unknown = JSON.parse(stored)
  if (typeof choice !== 'object' || choice === null) return undefined
  if ('draft' in choice && typeof choice.draft === 'string') return { draft: choice.draft }
  if (!('system' in choice) || typeof choice.system !== 'string') return undefined
  const credential =
    'credential' in choice && typeof choice.credential === 'string' ? choice.credential : undefined
  return choiceOf(choice.system, credential)
}

const useStyles = makeStyles({
  picker: { minWidth: '0', width: 'min(320px, 48vw)' },
  list: { maxHeight: '70vh' },
})

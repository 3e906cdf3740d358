import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Field,
  makeStyles,
  Select,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components'
import { CheckmarkCircleFilled } from '@fluentui/react-icons'
import { useState } from 'react'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import { Addresses, type Discovered } from './addresses.tsx'
import { factsOf, GRANT_FACTS } from './fields.ts'
import { SettingsField } from './settings-field.tsx'
import type { Draft } from './use-draft.ts'

interface SettingsSectionProps {
  readonly draft: Draft
  readonly found: Discovered | undefined
  readonly searching: boolean
  /** Why nothing was found at the Service URL. */
  readonly failure: unknown
}

/** Where and who: the fields of the chosen kind of sign-in, and the addresses behind a title. */
export function SettingsSection({ draft, found, searching, failure }: SettingsSectionProps) {
  const styles = useStyles()
  const { form, view, change, problem } = draft
  const facts = factsOf(form.grant)
  const [open, setOpen] = useState(false)
  const wrongAddress = view?.findings.some(
    ({ field, severity }) => severity === 'error' && ADDRESS_FIELDS.includes(field),
  )
  return (
    <Section title="Settings">
      {problem !== undefined && <ProblemBar error={problem} />}
      <SettingsField draft={draft} field="serviceUrl" required>
        {searching && (
          <Spinner size="tiny" labelPosition="after" label="Asking the environment where it signs in …" />
        )}
        {found && !searching && (
          <Text className={styles.found}>
            <CheckmarkCircleFilled className={styles.mark} aria-hidden />
            <span>
              A Dynamics 365 environment of tenant <code>{found.tenant}</code>, signing in on{' '}
              {new URL(found.authority).host}
              {found.cloud === undefined ? ' (a sandbox)' : ''}.
            </span>
          </Text>
        )}
      </SettingsField>
      {failure !== null && failure !== undefined && !searching && <ProblemBar error={failure} />}
      <Field label="How to sign in" hint={facts.when}>
        <Select
          value={form.grant}
          onChange={(_, { value }) => {
            const chosen = GRANT_FACTS.find(({ grant }) => grant === value)
            if (chosen) change({ grant: chosen.grant })
          }}
        >
          {GRANT_FACTS.map(({ grant, name }) => (
            <option key={grant} value={grant}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      {[...facts.needs, ...facts.takes].map((field) => (
        <SettingsField key={field} draft={draft} field={field} required={facts.needs.includes(field)} />
      ))}
      <Accordion
        collapsible
        openItems={wrongAddress || open ? ['addresses'] : []}
        onToggle={() => setOpen(!open)}
      >
        <AccordionItem value="addresses">
          <AccordionHeader>Auth URI, Token URI, Scope and version</AccordionHeader>
          <AccordionPanel className={styles.panel}>
            <Addresses draft={draft} found={found} />
          </AccordionPanel>
        </AccordionItem>
      </Accordion>
    </Section>
  )
}

const ADDRESS_FIELDS: readonly string[] = ['authUri', 'tokenUri', 'scope', 'tenant']

const useStyles = makeStyles({
  found: {
    display: 'flex',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    overflowWrap: 'anywhere',
  },
  mark: { color: tokens.colorStatusSuccessForeground1, flexShrink: 0, marginTop: '3px' },
  panel: { margin: 0, padding: `${tokens.spacingVerticalS} 0` },
})

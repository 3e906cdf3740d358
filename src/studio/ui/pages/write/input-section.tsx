import { Button, Field, makeStyles, Spinner, Text, Textarea, tokens } from '@fluentui/react-components'
import { ArrowUploadRegular } from '@fluentui/react-icons'
import { useRef, useState } from 'react'
import { ProblemBar } from '../../app/problem.tsx'
import { Section } from '../../app/section.tsx'
import { transfer } from '../../server/call.ts'
import { type Source, UPLOAD_TYPES } from './writing.ts'

interface InputSectionProps {
  readonly query: string
  readonly onSource: (source: Source, words: string) => void
}

/** Where the rows come from: a file that is sent up, or a query. */
export function InputSection({ query, onSource }: InputSectionProps) {
  const styles = useStyles()
  const picker = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(query)
  const [state, setState] = useState<{ busy?: string; problem?: unknown; file?: string }>({})
  const send = async (file: File): Promise<void> => {
    setState({ busy: file.name })
    try {
      const ending = /\.(\w+)$/.exec(file.name)?.[1]?.toLowerCase() ?? ''
      const response = await transfer('write.upload', file, { type: UPLOAD_TYPES[ending] ?? 'text/plain' })
      const { id }: { id: string } = await response.json()
      setState({ file: file.name })
      onSource({ upload: id }, file.name)
    } catch (problem) {
      setState({ problem })
    }
  }
  return (
    <Section title="1. Rows" lead="A CSV, NDJSON or Parquet file, or what a query gives.">
      <section
        className={styles.drop}
        aria-label="File"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault()
          const [file] = event.dataTransfer.files
          if (file) void send(file)
        }}
      >
        <input
          ref={picker}
          type="file"
          aria-label="File of rows"
          className={styles.file}
          accept=".csv,.tsv,.ndjson,.jsonl,.parquet"
          onChange={({ target }) => {
            const [file] = target.files ?? []
            if (file) void send(file)
            target.value = ''
          }}
        />
        <Button icon={<ArrowUploadRegular />} onClick={() => picker.current?.click()}>
          Choose a file
        </Button>
        <Text>{state.file ?? 'or drop one here'}</Text>
        {state.busy !== undefined && (
          <Spinner size="tiny" label={`Sending ${state.busy} …`} labelPosition="after" />
        )}
      </section>
      {state.problem !== undefined && <ProblemBar error={state.problem} />}
      <Field label="Query" hint="Over tables of this and other systems. Leave it empty for a file.">
        <Textarea
          className={styles.query}
          value={text}
          rows={3}
          resize="vertical"
          spellCheck={false}
          onChange={(_, { value }) => setText(value)}
        />
      </Field>
      <div>
        <Button disabled={text.trim() === ''} onClick={() => onSource({ query: text }, 'the query')}>
          Use the query
        </Button>
      </div>
    </Section>
  )
}

const useStyles = makeStyles({
  drop: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    alignItems: 'center',
    padding: tokens.spacingHorizontalL,
    border: `1px dashed ${tokens.colorNeutralStrokeAccessible}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  file: { display: 'none' },
  query: { fontFamily: tokens.fontFamilyMonospace },
})

import { Button, Dropdown, Field, makeStyles, Option, Text, tokens } from '@fluentui/react-components'
import { ImageRegular } from '@fluentui/react-icons'
import { useRef, useState } from 'react'
import { downloadBlob, downloadText } from '../../app/download.ts'
import { useAppearance } from '../../app/theme.tsx'
import type { Result } from '../../grid/result-grid.tsx'
import { CHART_KINDS, type ChartKind, chartData, labelColumn, valueColumns } from './chart-data.ts'
import { Drawing, type Ink, WIDTH } from './drawing.tsx'

const INKS: Readonly<Record<'light' | 'dark', Ink>> = {
  light: { text: '#242424', line: '#d1d1d1', paper: '#ffffff' },
  dark: { text: '#ffffff', line: '#525252', paper: '#1f1f1f' },
}

const TITLES: Readonly<Record<ChartKind, string>> = { bar: 'Bars', line: 'Line', pie: 'Pie' }

/** A simple picture of a result, to look at and to save. */
export function Chart({ result }: { readonly result: Result }) {
  const styles = useStyles()
  const { isDark } = useAppearance()
  const svg = useRef<SVGSVGElement>(null)
  const values = valueColumns(result)
  const [kind, setKind] = useState<ChartKind>('bar')
  const [chosen, choose] = useState({ label: labelColumn(result), value: values[0] ?? 0 })
  if (values.length === 0)
    return <Text>No column of this result is a number, so there is nothing to draw.</Text>
  const data = chartData(result, { kind, ...chosen })
  const nameOf = (at: number): string => result.columns[at]?.name ?? ''
  const title = `${nameOf(chosen.value)} by ${nameOf(chosen.label)}`
  return (
    <div className={styles.chart}>
      <div className={styles.controls}>
        <Choice
          label="Picture"
          value={kind}
          options={CHART_KINDS.map((one) => [one, TITLES[one]])}
          onChoose={(one) => setKind(CHART_KINDS.find((known) => known === one) ?? 'bar')}
        />
        <Choice
          label="Label"
          value={String(chosen.label)}
          options={result.columns.map(({ name }, at) => [String(at), name])}
          onChoose={(at) => choose({ ...chosen, label: Number(at) })}
        />
        <Choice
          label="Value"
          value={String(chosen.value)}
          options={values.map((at) => [String(at), nameOf(at)])}
          onChoose={(at) => choose({ ...chosen, value: Number(at) })}
        />
        <Button icon={<ImageRegular />} onClick={() => svg.current && savePng(svg.current, title)}>
          Save as PNG
        </Button>
        <Button onClick={() => svg.current && saveSvg(svg.current, title)}>Save as SVG</Button>
      </div>
      {data.left > 0 && (
        <Text size={200}>
          {data.left} of {result.rows.length} rows are not drawn: they have no number, or there is no room.
        </Text>
      )}
      <div className={styles.picture}>
        <Drawing ref={svg} kind={kind} data={data} title={title} ink={INKS[isDark ? 'dark' : 'light']} />
      </div>
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, text: string])[]
  readonly onChoose: (value: string) => void
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  const styles = useStyles()
  return (
    <Field label={label}>
      <Dropdown
        className={styles.choice}
        value={options.find(([one]) => one === value)?.[1] ?? ''}
        selectedOptions={[value]}
        onOptionSelect={(_, { optionValue }) => optionValue !== undefined && onChoose(optionValue)}
      >
        {options.map(([one, text]) => (
          <Option key={one} value={one}>
            {text}
          </Option>
        ))}
      </Dropdown>
    </Field>
  )
}

function textOf(svg: SVGSVGElement): string {
  return new XMLSerializer().serializeToString(svg)
}

function saveSvg(svg: SVGSVGElement, name: string): void {
  downloadText(textOf(svg), { name: `${name}.svg`, type: 'image/svg+xml' })
}

/** Twice as large as it is shown, so that it stays sharp in a document. */
async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const { width, height } = svg.viewBox.baseVal
  const image = new Image(width, height)
  image.src = `data:image/svg+xml;base64,${btoa(unescape(encodeURIComponent(textOf(svg))))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = WIDTH * 2
  canvas.height = (WIDTH * 2 * height) / width
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  canvas.toBlob((blob) => blob && downloadBlob(blob, `${name}.png`), 'image/png')
}

const useStyles = makeStyles({
  chart: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, overflow: 'auto' },
  controls: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'end' },
  choice: { minWidth: '120px' },
  picture: { maxWidth: `${WIDTH}px` },
})

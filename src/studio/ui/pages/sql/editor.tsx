import { autocompletion, type CompletionContext, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { PostgreSQL, sql } from '@codemirror/lang-sql'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { lintKeymap, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view'
import { makeStyles, tokens } from '@fluentui/react-components'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import type { EnvironmentChoice } from '../../../server/environments.ts'
import type { Problem } from '../../../server/problem.ts'
import { styleNonce } from '../../app/theme.tsx'
import { call } from '../../server/call.ts'

interface EditorProps {
  readonly text: string
  readonly environment: EnvironmentChoice | undefined
  /** Underlined where it is, with its words. */
  readonly problem: Problem | undefined
  readonly onChange: (text: string) => void
  /** Ctrl+Enter: what is selected, else all of it. */
  readonly onRun: (text: string) => void
}

/** A statement that is being typed: names are completed out of the metadata, what is wrong is underlined at its place. */
export function Editor({ text, environment, problem, onChange, onRun }: EditorProps) {
  const styles = useStyles()
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const latest = useRef({ environment, onChange, onRun })
  useEffect(() => {
    latest.current = { environment, onChange, onRun }
  })
  const first = useRef(text)
  useEffect(() => {
    if (!host.current) return
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          EditorView.cspNonce.of(styleNonce),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
          EditorView.lineWrapping,
          lineNumbers(),
          history(),
          bracketMatching(),
          placeholder('select name, revenue from account order by revenue desc limit 20'),
          sql({ dialect: PostgreSQL }),
          syntaxHighlighting(HIGHLIGHT),
          autocompletion({ override: [(context) => complete(context, latest.current.environment)] }),
          keymap.of([
            {
              key: 'Mod-Enter',
              run: ({ state }) => {
                const { from, to } = state.selection.main
                latest.current.onRun(from === to ? state.doc.toString() : state.sliceDoc(from, to))
                return true
              },
            },
            ...completionKeymap,
            ...lintKeymap,
            ...historyKeymap,
            ...defaultKeymap,
            // Escape, then Tab, leaves the editor.
            indentWithTab,
          ]),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) latest.current.onChange(state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])
  useEffect(() => {
    const made = view.current
    if (!made || made.state.doc.toString() === text) return
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } })
  }, [text])
  useEffect(() => {
    const made = view.current
    if (made) made.dispatch(setDiagnostics(made.state, diagnosticsOf(problem, made.state.doc.toString())))
  }, [problem])
  return <div ref={host} className={styles.editor} />
}

function diagnosticsOf(problem: Problem | undefined, text: string) {
  if (problem?.position === undefined) return []
  const from = Math.min(problem.position, Math.max(0, text.length - 1))
  const word = /^[\w.$"]+/.exec(text.slice(from))?.[0].length ?? 1
  const [message = ''] = problem.message.split('\n')
  return [
    {
      from,
      to: Math.min(text.length, from + word),
      severity: 'error' as const,
      message: problem.hint === undefined ? message : `${message}\n${problem.hint}`,
    },
  ]
}

async function complete(context: CompletionContext, environment: EnvironmentChoice | undefined) {
  const word = context.matchBefore(/[\w.]+/)
  if (!environment || (!word && !context.explicit)) return null
  const before = context.state.sliceDoc(0, context.pos)
  const found = await call('sql.complete', { environment, before }).catch(() => undefined)
  // Who went on meanwhile wants no list.
  if (!found || context.aborted || !context.view?.hasFocus) return null
  return {
    from: context.pos - found.word.length,
    options: found.names.map((label) => ({ label })),
    validFor: /^[\w.]*$/,
  }
}

const HIGHLIGHT = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--sql-keyword)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--sql-text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--sql-number)' },
  { tag: tags.comment, color: 'var(--sql-comment)', fontStyle: 'italic' },
])

const useStyles = makeStyles({
  editor: {
    '--sql-keyword': tokens.colorBrandForeground1,
    '--sql-text': tokens.colorPaletteGreenForeground1,
    '--sql-number': tokens.colorPaletteDarkOrangeForeground1,
    '--sql-comment': tokens.colorNeutralForeground3,
    minWidth: 0,
    border: `1px solid ${tokens.colorNeutralStrokeAccessible}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    overflow: 'hidden',
    '& .cm-editor': { height: '180px', resize: 'vertical', overflow: 'auto' },
    '& .cm-editor.cm-focused': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
    '& .cm-scroller': { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase300 },
    '& .cm-content': { caretColor: tokens.colorNeutralForeground1 },
    '& .cm-gutters': {
      backgroundColor: tokens.colorNeutralBackground2,
      color: tokens.colorNeutralForeground3,
      borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    },
    '& .cm-cursor': { borderLeftColor: tokens.colorNeutralForeground1 },
    '& .cm-placeholder': { color: tokens.colorNeutralForeground3 },
    '& .cm-tooltip': {
      backgroundColor: tokens.colorNeutralBackground1,
      color: tokens.colorNeutralForeground1,
      border: `1px solid ${tokens.colorNeutralStroke1}`,
    },
    '& .cm-tooltip-autocomplete ul li[aria-selected]': {
      backgroundColor: tokens.colorBrandBackground,
      color: tokens.colorNeutralForegroundOnBrand,
    },
    '& .cm-diagnostic': { whiteSpace: 'pre-wrap' },
  },
})

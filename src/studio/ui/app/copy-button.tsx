import { Button, type ButtonProps } from '@fluentui/react-components'
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons'
import { useState } from 'react'

interface CopyButtonProps {
  /** The text, or how it is got when somebody wants it. */
  readonly text: string | (() => Promise<string>)
  readonly label: string
  /** True: only the sign is shown, the label is read out. */
  readonly bare?: boolean
  readonly appearance?: ButtonProps['appearance']
  readonly disabled?: boolean
}

/** Copies, and says so on itself. */
export function CopyButton({
  text,
  label,
  bare = false,
  appearance = 'secondary',
  disabled = false,
}: CopyButtonProps) {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
    setCopied(true)
  }
  return (
    <Button
      size={bare ? 'small' : 'medium'}
      appearance={bare ? 'subtle' : appearance}
      icon={copied ? <CheckmarkRegular /> : <CopyRegular />}
      disabled={disabled}
      {...(bare ? { 'aria-label': copied ? `${label}: copied` : label, title: label } : {})}
      onClick={copy}
      onBlur={() => setCopied(false)}
    >
      {bare ? undefined : copied ? 'Copied' : label}
    </Button>
  )
}

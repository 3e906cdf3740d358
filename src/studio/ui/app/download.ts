/** Hands a text to the browser as a file to save. */
export function downloadText(
  text: string,
  { name, type }: { readonly name: string; readonly type: string },
): void {
  downloadBlob(new Blob([text], { type }), name)
}

export function downloadBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}

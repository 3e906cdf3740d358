import type { Page } from 'playwright-core'

/**
 * Types a statement in place of what is there. In two steps, as the browser gives text that replaces coloured text a
 * style of its own, which the page's policy refuses.
 */
export async function typeSql(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'SQL' }).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(text)
}

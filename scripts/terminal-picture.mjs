// Draws what a command printed as a terminal window: `node dist/cli/main.js demo | node scripts/terminal-picture.mjs docs/demo.svg "npm run demo"`.
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

const CELL = { width: 8.4, height: 19 }
const MARGIN = { top: 52, side: 20, bottom: 20 }
const MAX_COLUMNS = 108
const COLOURS = [
  [/^\$ .*/, '#9cdcfe'],
  [/^(\d+\. |━).*/, '#ffd479'],
  [/^\s*✔.*/, '#8ce99a'],
  [/^\s*(✖|!).*/, '#ff9d9d'],
  [/^\s*→.*/, '#b8c7d9'],
]

const [, , file, command] = process.argv
const output = (await text(process.stdin)).trimEnd().split('\n')
const lines = [`$ ${command}`, ...output].flatMap((line) =>
  wrap(line).map((text) => ({ text, colour: colourOf(line) })),
)
const columns = Math.max(60, ...lines.map((line) => line.text.length))
const width = Math.ceil(columns * CELL.width + 2 * MARGIN.side)
const height = lines.length * CELL.height + MARGIN.top + MARGIN.bottom

const escapeXml = (line) => line.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])
const body = lines
  .map(
    (line, index) =>
      `<text x="${MARGIN.side}" y="${MARGIN.top + (index + 0.7) * CELL.height}" fill="${line.colour}" xml:space="preserve">${escapeXml(line.text)}</text>`,
  )
  .join('\n')

writeFileSync(
  file,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Terminal: ${escapeXml(command)}">
<rect width="100%" height="100%" rx="10" fill="#1e2430"/>
<circle cx="24" cy="22" r="6" fill="#ff5f57"/><circle cx="44" cy="22" r="6" fill="#febc2e"/><circle cx="64" cy="22" r="6" fill="#28c840"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${body}
</g>
</svg>
`,
)

function colourOf(line) {
  return COLOURS.find(([pattern]) => pattern.test(line))?.[1] ?? '#e6e6e6'
}

/** A long line goes on below, indented to where its text began. */
function wrap(line) {
  const indent = ' '.repeat(/^\s*(?:[✔✖→!] )?/.exec(line)[0].length)
  const parts = []
  let rest = line
  while (rest.length > MAX_COLUMNS) {
    const cut = rest.lastIndexOf(' ', MAX_COLUMNS)
    parts.push(rest.slice(0, cut))
    rest = indent + rest.slice(cut + 1)
  }
  return [...parts, rest]
}

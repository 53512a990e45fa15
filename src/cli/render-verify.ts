import type { CheckedQuote, QuoteSource, Verification } from '../domain/verify.ts'
import { block, counted, printable, type Style } from './style.ts'

const INDENT = 10
const COLOURS = { exact: 'green', close: 'green', altered: 'yellow', missing: 'red' } as const

const place = ({ key, id, field, start, end }: QuoteSource): string =>
  `${printable(key ?? id)}, ${field} ${start}-${end}`

function details({ verdict, keys, source, changes, elsewhere }: CheckedQuote): string {
  const cited = keys.map((key) => `[${printable(key)}]`).join(' ')
  const changed = changes
    .filter(({ kind }) => kind !== 'form')
    .map(({ kind, quoted, stored }) => `${kind}: “${quoted}” for “${stored}”`)
  const parts = [source ? place(source) : `not in ${cited === '' ? 'any paper' : cited}`, ...changed]
  if (elsewhere) parts.push(`stands in ${place(elsewhere)}`)
  return verdict === 'exact' && changed.length === 0 ? (parts[0] ?? '') : parts.join(' · ')
}

/** Each quote with its verdict, then the keys that are of no paper. */
export function renderVerification({ quotes, keys }: Verification, style: Style): string {
  const checked = quotes.flatMap((quote) => {
    const [first = '', ...rest] = block(`“${quote.quote}”`, INDENT, style)
    const verdict = style.paint(COLOURS[quote.verdict], quote.verdict.padEnd(INDENT))
    const below = block(details(quote), INDENT, style).map((line) => style.paint('dim', line))
    return [verdict + first.slice(INDENT), ...rest, ...below]
  })
  const unknown = [...new Set(keys.filter(({ verdict }) => verdict === 'missing').map(({ key }) => key))]
  const missing = unknown.map((key) => `${style.paint('red', 'missing'.padEnd(INDENT))}[${printable(key)}]`)
  return [...checked, ...missing].map((line) => `${line}\n`).join('')
}

export function summarizeVerification({ quotes, keys }: Verification): string {
  const sound = quotes.filter(({ verdict }) => verdict === 'exact' || verdict === 'close').length
  const known = keys.filter(({ verdict }) => verdict === 'exact').length
  return `${sound} of ${counted(quotes.length, 'quote')} stand · ${known} of ${counted(keys.length, 'citation')} known`
}

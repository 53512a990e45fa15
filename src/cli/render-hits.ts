import type { Explanation, Hit, List } from '../domain/query.ts'
import { block, counted, grouped, printable, type Style, wrap } from './style.ts'

const SCORE_DIGITS = 3
/** Rank (up to four digits), score, and the spaces around them. */
const INDENT = 13

const fixed = (value: number): string => value.toFixed(SCORE_DIGITS)

/** Texts have no name but their place. */
const seedName = (seed: string | number): string => (typeof seed === 'number' ? `text ${seed + 1}` : printable(seed))

function explanation(explain: Explanation): string {
  const { dense, lexical, fusion, boosts, rerank, nearestSeed, collapsed } = explain
  const parts: string[] = []
  if (dense) parts.push(`meaning #${dense.rank} (cosine ${fixed(dense.similarity)})`)
  if (lexical) {
    const terms = lexical.terms.length > 0 ? `: ${lexical.terms.join(', ')}` : ''
    parts.push(`words #${lexical.rank} (BM25 ${lexical.bm25.toFixed(2)}${terms})`)
  }
  if (fusion !== null) parts.push(`fused ${fusion.toFixed(5)}`)
  if (rerank) parts.push(`reranked ${fixed(rerank.score)}`)
  for (const { name, value } of boosts) parts.push(`${name} ${fixed(value)}`)
  if (nearestSeed !== undefined) parts.push(`most like ${seedName(nearestSeed)}`)
  if (collapsed) parts.push(`nearly the same: ${collapsed.map(printable).join(', ')}`)
  return parts.join(' · ')
}

function renderHit(hit: Hit, style: Style): string[] {
  const [first = '', ...rest] = wrap(hit.title, style.width - INDENT)
  const margin = ' '.repeat(INDENT)
  const head = `${String(hit.rank).padStart(4)}  ${style.paint('cyan', fixed(hit.score))}  `
  const about = [hit.year, printable(hit.id)].filter((part) => part !== null).join(' · ')
  return [
    head + style.paint('bold', first),
    ...rest.map((line) => margin + style.paint('bold', line)),
    margin + style.paint('dim', about),
    ...(hit.evidence ? block(`“${hit.evidence.text}”`, INDENT, style) : []),
    ...(hit.explain ? block(explanation(hit.explain), INDENT, style).map((line) => style.paint('dim', line)) : []),
  ]
}

/** Hits for people: rank, score and title, below them year and id. */
export const renderHits = (list: List, style: Style): string =>
  list.data.map((hit) => `${renderHit(hit, style).join('\n')}\n`).join('')

/** One line on what was found, how fast and by which way. */
export function summarizeList({ data, total, offset, next, tookMs, index, confidence }: List): string {
  const shown = data.length > 0 ? `${grouped(offset + 1)}-${grouped(offset + data.length)} of ` : '0 of '
  const parts = [`${shown}${counted(total, 'paper')}`, `${tookMs.toFixed(1)} ms`, index.plan]
  if (confidence === 'none' && data.length > 0) parts.push('no paper seems to speak of this')
  if (next !== null) parts.push(`next page: --offset ${next}`)
  if (index.degraded.length > 0) parts.push(index.degraded.join(', '))
  return parts.join(' · ')
}

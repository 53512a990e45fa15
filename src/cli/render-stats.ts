import { type IndexVerification, type KindStatus, QUERY_KINDS } from '../domain/vector-index.ts'
import type { Stats } from '../services/stats.ts'
import { counted, grouped, printable, type Style } from './style.ts'

const MEGABYTE = 1_000_000
const recall = (value: number | null): string => (value === null ? 'not measured' : value.toFixed(4))

const measured = ({ ef, recall: figure }: KindStatus): string => {
  if (!figure) return `ef ${ef}`
  const made = figure.of === 'vectors' ? ' made of its own vectors' : ''
  const interval = `${figure.low.toFixed(3)} to ${figure.high.toFixed(3)}`
  return `ef ${ef}, ${figure.at10.toFixed(3)} (${interval}, ${counted(figure.sample, 'query', 'queries')}${made})`
}

/** Names to the left, values to the right, for people. */
export function renderTable(rows: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, value]) => `${style.paint('dim', name.padEnd(width))}${printable(value)}\n`).join('')
}

export function renderStats(
  { papers, generation, sources, model, index, sentences, store }: Stats,
  style: Style,
): string {
  const rows: [string, string][] = [
    ['Papers', `${grouped(papers)} (generation ${grouped(generation)})`],
    ['Model', `${model.id}, ${model.dimension} dimensions`],
    ['Fingerprint', model.fingerprint],
    ['Index', `${index.engine}, ${grouped(index.inGraph)} of ${counted(index.vectors, 'vector')} in the graph`],
    ['Recall@10', `${recall(index.recallAt10)}, target ${index.recallTarget}`],
    ...QUERY_KINDS.map((kind): [string, string] => [`  of ${kind}s`, measured(index.kinds[kind])]),
    [
      'Store',
      `${(store.bytes / MEGABYTE).toFixed(1)} MB, ${counted(store.vectors, 'vector')}, schema ${store.schemaVersion}`,
    ],
  ]
  const givenUp = sentences.failed > 0 ? `, given up for ${grouped(sentences.failed)}` : ''
  rows.push(['Sentences', `of ${grouped(sentences.papers)} of ${counted(papers, 'paper')}${givenUp}`])
  const missing = papers - store.vectors
  if (missing > 0)
    rows.push(['Stale', `${counted(missing, 'paper')} without a vector of this model: kindred index rebuild`])
  if (index.degraded.length > 0) rows.push(['Degraded', index.degraded.join(', ')])
  const perSource = sources.map((one): [string, string] => [`  ${one.source}`, grouped(one.papers)])
  return (
    renderTable(rows, style) +
    (perSource.length > 0 ? `${style.paint('dim', 'Sources')}\n${renderTable(perSource, style)}` : '')
  )
}

export function renderVerification(result: IndexVerification, style: Style): string {
  const { ok, problems, vectors, snapshot, recallAt10, sample } = result
  const head = ok ? style.paint('green', 'The index is sound.') : style.paint('red', 'The index is damaged.')
  const rows: [string, string][] = [
    ['Vectors', grouped(vectors)],
    [
      'Snapshot',
      snapshot ? `${snapshot.file}, ${grouped(snapshot.bytes)} bytes, generation ${snapshot.generation}` : 'none',
    ],
    ['Recall@10', `${recall(recallAt10)} (${counted(sample, 'query', 'queries')})`],
  ]
  return `${head}\n${problems.map((problem) => `- ${printable(problem)}\n`).join('')}${renderTable(rows, style)}`
}

import type { Comparison, Estimates, EvaluationReport } from '../services/evaluate/report.ts'
import { counted, printable, type Style } from './style.ts'

const LABEL = 14
const COUNT = 6
const CELL = 12
/** The unresolved papers that are named; the others are counted. */
const NAMED = 5

/** `0.826`, and `.826` in intervals, which leaves room for both ends. */
const fixed = (value: number): string => value.toFixed(3)
const short = (value: number): string => fixed(value).replace(/^(-?)0\./, '$1.')
const interval = ({ low, high }: { low: number; high: number }): string => `${short(low)}-${short(high)}`
const signed = (value: number): string => (value < 0 ? fixed(value) : `+${fixed(value)}`)

interface Row {
  readonly label: string
  readonly queries: number
  readonly metrics: Estimates
}

/** The means, and below them the intervals. */
function rowLines({ label, queries, metrics }: Row, style: Style): string[] {
  const cells = Object.values(metrics)
  const means = cells.map(({ mean }) => fixed(mean).padStart(CELL)).join('')
  const intervals = cells.map((cell) => interval(cell).padStart(CELL)).join('')
  const head = label.slice(0, LABEL).padEnd(LABEL) + String(queries).padStart(COUNT)
  return [head + means, style.paint('dim', ' '.repeat(LABEL + COUNT) + intervals)]
}

function modeTable({ modes, queries }: EvaluationReport, style: Style): string[] {
  const names = Object.keys(modes[0]?.metrics ?? {})
  const head = ''.padEnd(LABEL) + 'n'.padStart(COUNT) + names.map((name) => name.padStart(CELL)).join('')
  const rows = modes.flatMap(({ mode, metrics, kinds }) => [
    { label: mode, queries, metrics },
    // One kind alone would repeat the line above it.
    ...(kinds.length > 1 ? kinds.map(({ kind, ...rest }) => ({ label: `  ${printable(kind)}`, ...rest })) : []),
  ])
  return [style.paint('bold', head), ...rows.flatMap((row) => rowLines(row, style))]
}

function comparisonLine({ metric, one, other, difference, p }: Comparison): string {
  const range = `[${signed(difference.low)}, ${signed(difference.high)}]`
  const chance = p < 0.001 ? 'p < 0.001' : `p = ${fixed(p)}`
  return `${metric.padEnd(12)}${`${one} - ${other}`.padEnd(20)}${signed(difference.mean).padStart(7)}  ${range}  ${chance}`
}

/** The report as a table for people: modes with their kinds of question, then the differences between modes. */
export function renderEvaluation(report: EvaluationReport, style: Style): string {
  const { queries, papers, model, comparisons } = report
  const about = `${counted(queries, 'question')}, ${counted(papers, 'paper')}, ${printable(model)}`
  const pairs =
    comparisons.length === 0 ? [] : ['', style.paint('bold', 'Paired differences'), ...comparisons.map(comparisonLine)]
  return `${[about, 'Below each mean stands its 95 % interval.', '', ...modeTable(report, style), ...pairs].join('\n')}\n`
}

/** What the reader of the figures must know. */
export function evaluationWarnings({ unresolved, withoutRelevant, notReranked }: EvaluationReport): string[] {
  const lines: string[] = []
  if (withoutRelevant.length > 0)
    lines.push(`${counted(withoutRelevant.length, 'question')} without a relevant paper left out`)
  if (notReranked.length > 0)
    lines.push(
      `warning: ${counted(notReranked.length, 'question')} answered without the cross-encoder, see --rerank-budget-ms`,
    )
  if (unresolved.length === 0) return lines
  const papers = counted(unresolved.length, 'relevant paper is', 'relevant papers are')
  lines.push(`warning: ${papers} not in the index and count as not found`)
  lines.push(...unresolved.slice(0, NAMED).map(({ qid, reference }) => `  ${printable(`${qid}: ${reference}`)}`))
  if (unresolved.length > NAMED) lines.push(`  … and ${unresolved.length - NAMED} more`)
  return lines
}

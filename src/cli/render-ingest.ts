import type { IngestReport } from '../services/ingest.ts'
import type { RejectedRecord } from '../services/ingest-target.ts'
import { counted, grouped, printable, type Style } from './style.ts'

/** What came of an ingest, with its refused records: the first of them in full, all of them in number. */
export interface IngestOutcome {
  readonly report: IngestReport
  readonly rejections: readonly RejectedRecord[]
  readonly seconds: number
}

/** Shown to people; `--json` lists all that were kept. */
const REJECTIONS_SHOWN = 20

const bySource = (rejections: readonly RejectedRecord[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { source } of rejections) counts.set(source, (counts.get(source) ?? 0) + 1)
  return counts
}

/** A line for each source, then the totals. */
export function renderIngest({ report, rejections, seconds }: IngestOutcome, style: Style): string {
  const { added, updated, unchanged, rejected, embedded } = report
  const refused = bySource(rejections)
  const names = [...new Set([...Object.keys(report.sources), ...refused.keys()])]
  const lines = names.map((name) => {
    const count = style.paint('cyan', grouped(report.sources[name] ?? 0).padStart(9))
    const bad = refused.get(name)
    return `${count}  ${printable(name)}${bad ? style.paint('yellow', ` (${grouped(bad)} rejected)`) : ''}`
  })
  const rate = embedded > 0 && seconds > 0 ? `, ${(embedded / seconds).toFixed(1)} a second` : ''
  const counts = Object.entries({ added, updated, unchanged, rejected }).map(
    ([name, count]) => `${grouped(count)} ${name}`,
  )
  return `${[...lines, `${counts.join(', ')}; ${grouped(embedded)} embedded in ${seconds.toFixed(1)} s${rate}`].join('\n')}\n`
}

/** What people should know of records that did not go in, or not in full. */
export function ingestWarnings({ report, rejections }: IngestOutcome): string[] {
  const lines = rejections.slice(0, REJECTIONS_SHOWN).map(describeRejection)
  const more = report.rejected - lines.length
  if (more > 0) lines.push(`… and ${counted(more, 'more rejected record')}`)
  if (report.withoutAbstract > 0) {
    const records = counted(report.withoutAbstract, 'record has', 'records have')
    lines.push(`warning: ${records} no abstract and can be found by the title only`)
  }
  return lines
}

const describeRejection = ({ source, line, error }: RejectedRecord): string =>
  printable(`rejected ${line > 0 ? `${source}:${line}` : source}: ${error.message} (${error.code})`)

/** The API's IngestResult, with what the command line knows besides. */
export const ingestResult = ({ report, rejections, seconds }: IngestOutcome) => ({
  ...report,
  rejectedTotal: report.rejected,
  rejected: rejections.map(({ source, line, error: { code, message } }) => ({ source, line, code, detail: message })),
  seconds: Math.round(seconds * 1000) / 1000,
})

import type { Finding, FindingStatus } from '../domain/checkup.ts'
import { counted, printable, type Style } from './style.ts'

const MARKS = { ok: ['green', 'ok'], note: ['dim', 'note'], fault: ['red', 'FAULT'] } as const satisfies Record<
  FindingStatus,
  readonly [string, string]
>
const MAX_SHOWN = 10

function lines({ check, status, detail, papers = [] }: Finding, width: number, style: Style): string[] {
  const [colour, mark] = MARKS[status]
  const shown = papers.slice(0, MAX_SHOWN).map((id) => `         ${printable(id)}`)
  const rest = papers.length > MAX_SHOWN ? [`         … (--json lists ${papers.length})`] : []
  return [`${style.paint(colour, mark.padEnd(6))} ${check.padEnd(width)} ${printable(detail)}`, ...shown, ...rest]
}

/** A line a finding, the papers at fault below it, and what it comes to at the end. */
export function renderFindings(findings: readonly Finding[], repaired: readonly string[], style: Style): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const faults = findings.filter(({ status }) => status === 'fault').length
  const head = repaired.length > 0 ? ['Repaired:', ...repaired.map((line) => `- ${printable(line)}`), ''] : []
  const end = faults === 0 ? 'Nothing is to be mended.' : `${counted(faults, 'check')} found something to mend.`
  return `${[...head, ...findings.flatMap((finding) => lines(finding, width, style)), end].join('\n')}\n`
}

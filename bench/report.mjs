// docs/benchmarks.md: a head, the targets, and a section a part.
import { machineText } from './machine.mjs'
import { verdict } from './targets.mjs'

const HEAD = `# Benchmarks
Written by \`npm run bench\` (\`--help\` tells its options); do not edit. The values of every run are in [benchmarks.json](benchmarks.json).

Every comparison is a ratio of runs that took turns in one run of the bench (A B, B A, A B …): the median of the pairs' ratios, and in brackets the smallest and the largest. Ratios hold where single figures do not, because a machine's speed drifts. [How it is measured](decisions/0031-benchmarks.md) says what each side does, and what the invented papers are.
`

const cells = (values) => `| ${values.map((value) => String(value).replaceAll('|', '\\|')).join(' | ')} |`

function table({ title, columns, rows }) {
  const lines = [cells(columns), cells(columns.map(() => '---')), ...rows.map(cells)]
  return `${title ? `${title}\n\n` : ''}${lines.join('\n')}\n`
}

const targetsTable = (targets) =>
  table({
    columns: ['target', 'wanted', 'measured', ''],
    rows: targets.map((one) => [one.what, one.wanted, one.text, verdict(one)]),
  })

const notesList = (notes) => (notes.length > 0 ? `${notes.map((note) => `- ${note}`).join('\n')}\n` : '')

/** A section of its own, with its targets, for the terminal. */
export function partText({ title, tables, targets, notes }) {
  const parts = [`## ${title}`, ...tables.map(table), notesList(notes)]
  if (targets.length > 0) parts.push(targetsTable(targets))
  return parts.join('\n')
}

export function markdown({ machine, quick, parts }) {
  const targets = parts.flatMap((part) => part.targets)
  const missed = targets.filter(({ held }) => !held).length
  const sections = parts.map(({ title, tables, notes }) => [`## ${title}`, ...tables.map(table), notesList(notes)])
  return [
    HEAD,
    `Measured on ${machineText(machine)}.${quick ? ' Short runs (`--quick`).' : ''}`,
    '',
    '## Targets',
    `${targets.length - missed} held, ${missed} missed.`,
    '',
    targetsTable(targets),
    ...sections.flat(),
  ].join('\n')
}

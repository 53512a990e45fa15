const SUBJECTS = [
  'Otters',
  'Glaciers',
  'Ribosomes',
  'Ledgers',
  'Lanterns',
  'Tides',
  'Orchards',
  'Magnets',
  'Violins',
  'Kilns',
]
const VERBS = ['sorting', 'cooling', 'folding', 'tracing', 'sharing', 'timing', 'pruning', 'aligning', 'tuning']
const PLACES = [
  'in shallow rivers',
  'under pressure',
  'without a clock',
  'at night',
  'from sparse hints',
  'over a noisy line',
  'by hand',
]

const at = (list: readonly string[], index: number): string => list[index % list.length] ?? ''

/** Invented records, each with words of its own; the first `count` are always the same. */
export function someRecords(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    title: `${at(SUBJECTS, n)} ${at(VERBS, n >> 1)} ${at(PLACES, n >> 2)}, part ${n}`,
    abstract: `We watch ${at(SUBJECTS, n + 3)} while ${at(VERBS, n + 1)} ${at(PLACES, n)}. Trial ${n} of batch${n % 7} gave answer${n * 31}.`,
  }))
}

import { expect, it } from 'vitest'
import type { Paper } from '../../../src/domain/paper.ts'
import type { CheckedQuote } from '../../../src/domain/verify.ts'
import { sanitise } from '../../../src/services/context/sanitise.ts'
import { verifyAnswer } from '../../../src/services/verify/verify-answer.ts'
import { fillWithCorpus, verifyRequest } from '../../support/corpus.ts'
import { type Library, openLibrary } from '../../support/library.ts'
import { createRandom, pick } from '../../support/random.ts'

const ANSWERS = 300
const PER_ANSWER = 4
const TIMEOUT_MS = 240_000
const random = createRandom(43)
const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1))

interface Source {
  readonly paper: Paper
  readonly key: string
}

interface Planted {
  readonly kind: string
  readonly text: string
  readonly key: string
}

const MARKS = [
  ['"', '"'],
  ['“', '”'],
  ['«', '»'],
  ['„', '“'],
] as const

const NOT = /^(not|never|cannot|without|\w+n['’]t)$/i

/** Some words in a row of an abstract, as the source gave it or as a context shows it. */
function passage({ paper }: Source): string[] {
  const text = random() < 0.5 ? paper.abstract : sanitise(paper.abstract)
  const words = text.split(/\s+/)
  const start = between(0, Math.max(0, words.length - 12))
  const end = start + between(7, 24)
  // Whoever begins behind a "not" or ends before one has quoted the opposite.
  return NOT.test(words[start - 1] ?? '') || NOT.test(words[end] ?? '') ? [] : words.slice(start, end)
}

const isQuotable = (words: readonly string[]): boolean => words.length >= 6 && !/["“”„«»[\]\\$]/.test(words.join(' '))

/** What people and models do to a quote that changes nothing in it. */
function dressed(words: readonly string[]): string {
  const text = words.reduce((line, word) => `${line}${random() < 0.03 ? '\n' : ' '}${word}`)
  const first = random() < 0.3 ? text.charAt(0).toUpperCase() + text.slice(1) : text
  return random() < 0.3 ? first.replaceAll("'", '’') : first
}

const NOUNS = 'otter kettle harbour violin glacier ledger orchard lantern meadow anchor'.split(' ')
const VERBS = 'surprises outlasts redraws measures forgives encircles postpones'.split(' ')
const invented = (): string =>
  Array.from(
    { length: between(2, 4) },
    () => `every ${pick(random, NOUNS)} ${pick(random, VERBS)} a ${pick(random, NOUNS)}`,
  ).join(' while ')

const otherNumber = (number: string): string =>
  number.replace(/\d/, (digit) => String((Number(digit) + between(1, 8)) % 10))
const inserted = (words: readonly string[], word: string): string[] =>
  words.toSpliced(between(1, words.length - 1), 0, word)

/** Each way to get a quote wrong; undefined where this passage does not lend itself to it. */
const FABRICATIONS: Record<string, (words: string[], sources: readonly Source[]) => string[] | undefined> = {
  number: (words) => {
    const places = words.flatMap((word, at) => (/^\(?\d[\d.,%]*\)?$/.test(word) ? [at] : []))
    return places.length === 0 ? undefined : words.with(places[0] ?? 0, otherNumber(words[places[0] ?? 0] ?? ''))
  },
  negation: (words) => inserted(words, pick(random, ['not', 'never', 'hardly'])),
  'cut behind a negation': (words) => {
    const at = words.findIndex((word) => NOT.test(word))
    return at < 0 || words.length - at < 6 ? undefined : words.slice(at + 1)
  },
  'lost negation': (words) => {
    const at = words.findIndex((word) => /^(not|without|no|cannot)$/i.test(word))
    return at < 1 || at === words.length - 1 ? undefined : words.toSpliced(at, 1)
  },
  word: (words) => {
    const at = words.findIndex((word, place) => place > 1 && /^[a-z]{6,}$/.test(word))
    return at < 0 ? undefined : words.with(at, pick(random, NOUNS))
  },
  invented: () => invented().split(' '),
}
const KINDS = [...Object.keys(FABRICATIONS), 'unknown key', 'swapped key']

function plant(
  kind: string,
  words: string[],
  { source, sources }: { source: Source; sources: readonly Source[] },
): Planted | undefined {
  const text = dressed(words)
  if (kind === 'untouched') return { kind, text, key: source.key }
  if (kind === 'unknown key') return { kind, text, key: `${pick(random, NOUNS)}${between(2030, 2099)}` }
  if (kind === 'swapped key') {
    const other = pick(random, sources)
    return sanitise(other.paper.abstract).includes(sanitise(text)) ? undefined : { kind, text, key: other.key }
  }
  const altered = FABRICATIONS[kind]?.(words, sources)
  return altered && { kind, text: dressed(altered), key: source.key }
}

/** Passages are tried until one lends itself. */
function plantSome(kind: string, sources: readonly Source[]): Planted {
  for (;;) {
    const source = pick(random, sources)
    const words = passage(source)
    const made = isQuotable(words) ? plant(kind, words, { source, sources }) : undefined
    if (made) return made
  }
}

function written({ text, key }: Planted): string {
  const [open, close] = pick(random, MARKS)
  const quote = `${open}${text}${close}`
  return pick(random, [
    `The authors state ${quote} [${key}].`,
    `${quote} [${key}] is how it is put there.`,
    `According to [${key}], ${quote}.`,
    `One reads: ${quote}. [${key}]`,
  ])
}

const stands = ({ verdict }: CheckedQuote): boolean => verdict === 'exact' || verdict === 'close'
class Tally {
  readonly #counts = new Map<string, { planted: number; doubted: number }>()
  /** What was judged wrongly, in words. */
  readonly wrong: string[] = []

  note({ kind, text, key }: Planted, quote: CheckedQuote): void {
    const count = this.#counts.get(kind) ?? { planted: 0, doubted: 0 }
    const doubted = !stands(quote)
    this.#counts.set(kind, { planted: count.planted + 1, doubted: count.doubted + Number(doubted) })
    if (doubted === (kind === 'untouched')) this.wrong.push(`${kind} [${key}] ${text} -> ${JSON.stringify(quote)}`)
  }

  of(isUntouched: boolean): { planted: number; share: number } {
    const counts = [...this.#counts]
      .filter(([kind]) => (kind === 'untouched') === isUntouched)
      .map(([, count]) => count)
    const planted = counts.reduce((sum, count) => sum + count.planted, 0)
    return { planted, share: counts.reduce((sum, count) => sum + count.doubted, 0) / planted }
  }

  figures(): string {
    const [made, honest] = [this.of(false), this.of(true)]
    const percent = (share: number) => `${(100 * share).toFixed(2)} %`
    const kinds = [...this.#counts]
      .map(([kind, { planted, doubted }]) => `${kind} ${doubted}/${planted}`)
      .sort()
      .join(', ')
    return `caught ${percent(made.share)} of ${made.planted} fabrications, doubted ${percent(honest.share)} of ${honest.planted} true quotes (doubted by kind: ${kinds})`
  }
}

async function sourcesOf(deps: Library): Promise<Source[]> {
  const papers = await fillWithCorpus(deps)
  const stored = await deps.store.get(papers.map(({ id }) => id))
  const keys = await deps.store.citationKeys(stored.flatMap((each) => each?.key ?? []))
  return stored.flatMap((each) => {
    const key = keys.get(each?.key ?? 0)
    return each && key !== undefined ? [{ paper: each.paper, key }] : []
  })
}

it(
  `catches at least 99 % of the fabrications in ${ANSWERS} answers, and doubts at most 1 % of their true quotes`,
  async ({ annotate }) => {
    const deps = await openLibrary()
    const sources = await sourcesOf(deps)
    const tally = new Tally()
    for (let n = 0; n < ANSWERS; n += 1) {
      const planted = Array.from({ length: PER_ANSWER }, (_, at) =>
        plantSome(at % 2 === 0 ? 'untouched' : pick(random, KINDS), sources),
      )
      const answer = planted.map(written).join('\n')
      const { quotes } = await verifyAnswer(deps, verifyRequest({ answer }))
      expect(quotes.map(({ keys: [key] }) => key)).toEqual(planted.map(({ key }) => key))
      for (const [at, quote] of quotes.entries()) if (planted[at]) tally.note(planted[at], quote)
    }
    console.log(tally.figures())
    void annotate(tally.figures())
    expect(tally.of(false).share, tally.wrong.slice(0, 5).join('\n')).toBeGreaterThanOrEqual(0.99)
    expect(tally.of(true).share, tally.wrong.slice(0, 5).join('\n')).toBeLessThanOrEqual(0.01)
  },
  TIMEOUT_MS,
)

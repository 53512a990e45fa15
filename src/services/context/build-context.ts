import { setImmediate } from 'node:timers/promises'
import type { Citation, Context, ContextEvidence, ContextRequest } from '../../domain/context.ts'
import type { Paper } from '../../domain/paper.ts'
import type { StoredPaper } from '../../domain/ports.ts'
import type { Deps } from '../deps.ts'
import { flagsOf } from './flags.ts'
import { BEST, type Packed, packPapers } from './pack.ts'
import { sanitise } from './sanitise.ts'
import { omission, type Selected, selectPapers } from './select.ts'
import { rankSentences, type Span } from './sentences.ts'
import { createWriter, type Shown } from './styles.ts'
import { tokenCounter } from './tokens.ts'

const MAX_OMITTED = 100
const AUTHORS_SHOWN = 3
const MAX_NAME = 80
/** Three digits are one token of either vocabulary, so that every mark costs the same. */
const MARK_DIGITS = 15
const SCORE_DIGITS = 3

interface Item {
  readonly stored: StoredPaper
  readonly key: string
  readonly score: number | null
  /** The best sentences, best first. */
  readonly spans: readonly Span[]
  readonly portions: readonly [Shown, ...Shown[]]
}

const rounded = (value: number): number => Number(value.toFixed(SCORE_DIGITS))

/** Depends on the request, the generation and what was chosen, and on a secret: the same again, but not to be foretold. */
function markOf(deps: Deps, request: ContextRequest, { chosen, generation }: Selected): string {
  const content = chosen.map(({ stored }) => [stored.paper.id, stored.textHash])
  const digits =
    BigInt(`0x${deps.store.seal(JSON.stringify([request, generation, content]))}`) % 10n ** BigInt(MARK_DIGITS)
  return String(digits).padStart(MARK_DIGITS, '0')
}

function byline({ authors, year }: Paper): string {
  const names = authors.slice(0, AUTHORS_SHOWN).map((name) => [...sanitise(name)].slice(0, MAX_NAME).join(''))
  const others = authors.length > AUTHORS_SHOWN ? ' et al.' : ''
  return [names.join(', ') + others, year].filter((part) => part !== '' && part !== null).join(', ')
}

/** Sentences in the order of the abstract; where some between them are left out, that is shown. */
function excerpt(abstract: string, spans: readonly Span[]): string {
  const inOrder = [...spans].sort((one, other) => one.start - other.start)
  return inOrder
    .map(({ start, end }, at) => {
      const before = inOrder[at - 1]?.end ?? start
      const gap = abstract.slice(before, start).trim() === '' ? '' : '[…] '
      return gap + sanitise(abstract.slice(start, end))
    })
    .join(' ')
}

/** The ways to show a paper: one sentence, two, and the whole abstract. */
function portionsOf(paper: Paper, key: string, spans: readonly Span[]): [Shown, ...Shown[]] {
  const head = { key, title: sanitise(paper.title), by: byline(paper) }
  const whole: Shown = { ...head, text: sanitise(paper.abstract), whole: true }
  const shorter = spans
    .slice(0, BEST)
    .map((_, at) => ({ ...head, text: excerpt(paper.abstract, spans.slice(0, at + 1)), whole: false }))
    .filter(({ text }) => text.length < whole.text.length)
  const [first = whole, ...rest] = shorter
  return first === whole ? [whole] : [first, ...rest, whole]
}

async function itemsOf(deps: Deps, { chosen, vector }: Selected, query: string | undefined): Promise<Item[]> {
  const papers = chosen.map(({ stored }) => stored)
  const [ranked, keys] = await Promise.all([
    rankSentences(deps, { vector, query }, papers),
    deps.store.citationKeys(papers.map(({ key }) => key)),
  ])
  const items: Item[] = []
  for (const { stored, score } of chosen) {
    const key = keys.get(stored.key)
    const spans = (ranked.get(stored.key) ?? []).slice(0, BEST)
    // Removed meanwhile.
    if (key === undefined) continue
    items.push({ stored, score, key, spans, portions: portionsOf(stored.paper, key, spans) })
    // A hundred of the longest abstracts would hold up every other request for seconds.
    await setImmediate()
  }
  return items
}

const evidenceOf = (abstract: string, { start, end, score }: Span): ContextEvidence => ({
  text: sanitise(abstract.slice(start, end)),
  start,
  end,
  score: rounded(score),
})

/** An address as a program may follow it; null where it is none. */
export const safeUrl = (url: string | null): string | null =>
  url !== null && URL.canParse(url) ? new URL(url).href : null

function citationOf({ stored, key, score, spans, portions }: Item, portion: number): Citation {
  const { paper, provenance } = stored
  const whole = portions[portion]?.whole ?? false
  return {
    key,
    id: paper.id,
    title: sanitise(paper.title),
    url: safeUrl(paper.url),
    evidence: (whole ? spans : spans.slice(0, portion + 1)).map((span) => evidenceOf(paper.abstract, span)),
    whole,
    score: score === null ? null : rounded(score),
    provenance: provenance.map(({ source, recordHash }) => ({ source: sanitise(source), recordHash })),
    flags: flagsOf([paper.title, paper.abstract, ...paper.authors]),
  }
}

async function citationsOf({ shown }: Packed<Item>): Promise<Citation[]> {
  const citations: Citation[] = []
  for (const { item, portion } of shown) {
    citations.push(citationOf(item, portion))
    await setImmediate()
  }
  return citations
}

/** Those that did not fit come first: they were chosen. */
const omittedOf = ({ left }: Packed<Item>, { omitted }: Selected) => [
  ...left.map(({ stored }) => omission(stored, 'budget')),
  ...omitted,
]

/**
 * Papers for a language model to answer from, as one text of at most `maxTokens`: found by a question or named by id,
 * without near-duplicates, each with a key to cite it by. Throws INVALID_REQUEST where the budget does not hold the
 * frame, PAPER_NOT_FOUND.
 */
export async function buildContext(deps: Deps, request: ContextRequest): Promise<Context> {
  const [selected, count] = await Promise.all([selectPapers(deps, request), tokenCounter(request.tokenizer)])
  const items = await itemsOf(deps, selected, request.query)
  const writer = createWriter(request.style, markOf(deps, request, selected))
  const packed = packPapers(items, { writer, count, maxTokens: request.maxTokens })
  const omitted = omittedOf(packed, selected)
  return {
    context: packed.context,
    tokenCount: packed.tokenCount,
    tokenizer: request.tokenizer,
    citations: await citationsOf(packed),
    omitted: omitted.slice(0, MAX_OMITTED),
    omittedTotal: omitted.length,
    confidence: selected.confidence,
    generation: selected.generation,
  }
}

import { setImmediate } from 'node:timers/promises'
import { fail } from '../../domain/errors.ts'
import type { StoredPaper } from '../../domain/ports.ts'
import {
  type CheckedKey,
  type CheckedQuote,
  MAX_QUOTES,
  type QuoteSource,
  type Verdict,
  type Verification,
  type VerifyRequest,
} from '../../domain/verify.ts'
import { sanitise } from '../context/sanitise.ts'
import type { Deps } from '../deps.ts'
import { candidatePapers } from './candidates.ts'
import { type Comparison, compare, quoteParts, type Readable, readable } from './compare.ts'
import { findKeys } from './find-keys.ts'
import { type FoundQuote, findQuotes } from './find-quotes.ts'

const FIELDS = ['abstract', 'title'] as const
const SIMILARITY_DIGITS = 3
/** Texts that are kept split into words, some 40 kB each. */
const MAX_READ = 500
const RANK: Record<Verdict, number> = { exact: 0, close: 1, altered: 2, missing: 3 }

interface Asked extends Omit<FoundQuote, 'start' | 'end'> {
  readonly start: number | null
  readonly end: number | null
}

interface Match extends Comparison {
  readonly stored: StoredPaper
  readonly field: (typeof FIELDS)[number]
}

const holds = ({ verdict }: Comparison): boolean => verdict === 'exact' || verdict === 'close'
const better = (one: Match, other: Match): number =>
  RANK[one.verdict] - RANK[other.verdict] || other.similarity - one.similarity

/** Looks quotes up in papers; what was read lately is not read again. */
class Library {
  readonly #deps: Deps
  readonly #papers: ReadonlyMap<string, StoredPaper>
  readonly #read = new Map<string, Readable>()

  /** `papers` are those that keys stand for. */
  constructor(deps: Deps, papers: ReadonlyMap<string, StoredPaper>) {
    this.#deps = deps
    this.#papers = papers
  }

  paperOf(key: string): StoredPaper | undefined {
    return this.#papers.get(key)
  }

  #text(stored: StoredPaper, field: (typeof FIELDS)[number]): Readable {
    const name = `${field} ${stored.key}`
    const known = this.#read.get(name) ?? readable(stored.paper[field])
    if (this.#read.size >= MAX_READ) this.#read.clear()
    this.#read.set(name, known)
    return known
  }

  #best(quote: string, papers: readonly StoredPaper[]): Match | undefined {
    const parts = quoteParts(quote)
    const matches = papers.flatMap((stored) =>
      FIELDS.map((field) => ({ ...compare(parts, this.#text(stored, field)), stored, field })),
    )
    return matches.sort(better)[0]
  }

  /** In the papers that are cited; elsewhere only where they do not hold it. */
  async check({ text, keys, start, end }: Asked): Promise<CheckedQuote> {
    const cited = keys.flatMap((key) => this.paperOf(key) ?? [])
    const inCited = this.#best(text, cited)
    const others = inCited && holds(inCited) ? undefined : this.#best(text, await candidatePapers(this.#deps, text))
    // Whoever cites a paper says that the quote stands there; a key of no paper makes it no truer.
    const found = keys.length > 0 ? inCited : others
    const other = keys.length > 0 && others && holds(others) ? others : undefined
    return {
      quote: text,
      start,
      end,
      keys: [...keys],
      verdict: found?.verdict ?? 'missing',
      similarity: Number((found?.similarity ?? 0).toFixed(SIMILARITY_DIGITS)),
      source: found && found.verdict !== 'missing' ? await this.#sourceOf(found) : null,
      changes: found && found.verdict !== 'missing' ? [...found.changes] : [],
      elsewhere: other ? await this.#sourceOf(other) : null,
    }
  }

  async #sourceOf({ stored, field, start, end }: Match): Promise<QuoteSource> {
    const { key, paper } = stored
    const keys = await this.#deps.store.citationKeys([key])
    const text = sanitise(paper[field].slice(start, end))
    return { id: paper.id, key: keys.get(key) ?? null, title: sanitise(paper.title), field, start, end, text }
  }
}

/** What the keys stand for: in the citations that were handed in, else among all papers. */
async function papersOf(
  deps: Deps,
  keys: readonly string[],
  citations: VerifyRequest['citations'],
): Promise<Map<string, StoredPaper>> {
  const given = new Map(citations.map(({ key, id }) => [key, id]))
  const [named, looked] = [keys.filter((key) => given.has(key)), keys.filter((key) => !given.has(key))]
  const [byId, byKey] = await Promise.all([
    deps.store.get(named.map((key) => given.get(key) ?? '')),
    deps.store.findByCitationKeys(looked),
  ])
  const papers = [...byId, ...byKey]
  return new Map([...named, ...looked].flatMap((key, at) => (papers[at] ? [[key, papers[at]]] : [])))
}

interface Found {
  readonly quotes: readonly Asked[]
  readonly keys: readonly { readonly key: string; readonly start: number | null; readonly end: number | null }[]
}

function inAnswer(answer: string, { citations, minWords }: VerifyRequest): Found {
  const keys = findKeys(answer, new Set(citations.map(({ key }) => key)))
  const quotes = findQuotes(answer, keys, minWords)
  if (quotes.length <= MAX_QUOTES) return { quotes, keys }
  const message = `holds more than ${MAX_QUOTES} quotes, which is what is checked at once`
  return fail('INVALID_REQUEST', `answer: ${message}.`, { issues: [{ path: 'answer', message }] })
}

function asGiven({ quotes = [] }: VerifyRequest): Found {
  const given = quotes.map((quote) => (typeof quote === 'string' ? { text: quote } : quote))
  const place = { start: null, end: null }
  return {
    quotes: given.map(({ text, key }) => ({ text, keys: key === undefined ? [] : [key], ...place })),
    keys: [...new Set(given.flatMap(({ key }) => key ?? []))].map((key) => ({ key, ...place })),
  }
}

/**
 * Checks the quotes and citation keys of an answer, or quotes alone, against the papers: word by word, in the paper that
 * is cited. What a model says in its own words is not judged. Throws INVALID_REQUEST where an answer holds too many quotes.
 */
export async function verifyAnswer(deps: Deps, request: VerifyRequest): Promise<Verification> {
  const generation = deps.store.generation()
  const { quotes, keys } = request.answer === undefined ? asGiven(request) : inAnswer(request.answer, request)
  const names = [...new Set(keys.map(({ key }) => key))]
  const library = new Library(deps, await papersOf(deps, names, request.citations))
  const checked: CheckedQuote[] = []
  for (const quote of quotes) {
    checked.push(await library.check(quote))
    // Everything above answers at once: without a pause a long answer would hold up every other request.
    await setImmediate()
  }
  const checkedKeys = keys.map(({ key, start, end }): CheckedKey => {
    const paper = library.paperOf(key)?.paper
    return {
      key,
      start,
      end,
      verdict: paper ? 'exact' : 'missing',
      id: paper?.id ?? null,
      title: paper ? sanitise(paper.title) : null,
    }
  })
  const ok =
    checked.every(({ verdict }) => verdict === 'exact' || verdict === 'close') &&
    checkedKeys.every(({ verdict }) => verdict === 'exact')
  return { ok, quotes: checked, keys: checkedKeys, generation }
}

import type { Citation } from '../../domain/context.ts'
import { textTerms } from '../../domain/terms.ts'

const MAX_SENTENCES = 6
const MAX_PAPERS = 5
/** From this share of common words on, of the shorter one's, two sentences are taken to say the same. */
const SAME = 0.7
/** The least share of the best sentence's value: what is so much weaker speaks of something else. */
const LEAST = 0.2
/** Sentences closer than this have nothing between them but white space. */
const MAX_JOINT = 10

interface Sentence {
  readonly citation: Citation
  /** The place of its paper in the ranking. */
  readonly rank: number
  readonly text: string
  readonly start: number
  readonly end: number
  /** The chance that the paper answers, times how near the sentence is to the question. */
  readonly value: number
}

/** What one paper says, as it stands there. */
export interface Extract {
  readonly key: string
  readonly text: string
}

/** A paper without an abstract speaks by its title. */
function sentencesOf(citation: Citation, rank: number): Sentence[] {
  const { evidence, title } = citation
  const weight = citation.score ?? 1
  if (evidence.length === 0) return [{ citation, rank, text: title, start: 0, end: title.length, value: 0 }]
  return evidence.map(({ text, start, end, score }) => ({ citation, rank, text, start, end, value: weight * score }))
}

function saysTheSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const common = [...one].filter((word) => other.has(word)).length
  return common >= SAME * Math.min(one.size, other.size)
}

/** The best sentences of different content, as many as fit; one at least. */
function choose(sentences: readonly Sentence[], fits: (texts: readonly string[]) => boolean): Sentence[] {
  const chosen: { sentence: Sentence; words: ReadonlySet<string> }[] = []
  const papers = new Set<string>()
  const best = sentences[0]?.value ?? 0
  for (const sentence of sentences) {
    const { key } = sentence.citation
    const words = new Set(textTerms(sentence.text))
    if (chosen.length >= MAX_SENTENCES) break
    if (sentence.value < LEAST * best) break
    if (papers.size >= MAX_PAPERS && !papers.has(key)) continue
    if (chosen.some(({ words: said }) => saysTheSame(words, said))) continue
    const texts = [...chosen.map(({ sentence: { text } }) => text), sentence.text]
    if (chosen.length > 0 && !fits(texts)) continue
    chosen.push({ sentence, words })
    papers.add(key)
  }
  return chosen.map(({ sentence }) => sentence)
}

/** Signs that would end the quote or look like a citation; the words stay. */
const quotable = (text: string): string =>
  text
    .replace(/[“”„«»「」]/g, "'")
    .replaceAll('[', '(')
    .replaceAll(']', ')')

function quoteOf(sentences: readonly Sentence[]): string {
  const inOrder = [...sentences].sort((one, other) => one.start - other.start)
  return inOrder
    .map(({ text, start }, at) => {
      const before = inOrder[at - 1]?.end ?? start
      return (start - before > MAX_JOINT ? '[…] ' : '') + quotable(text)
    })
    .join(' ')
}

/**
 * The sentences of the papers that are nearest to what was asked, none twice in other words, as one quote a paper: the
 * best paper first, its sentences as they stand in the abstract.
 */
export function extract(citations: readonly Citation[], fits: (texts: readonly string[]) => boolean): Extract[] {
  const sentences = citations
    .flatMap(sentencesOf)
    .sort((one, other) => other.value - one.value || one.rank - other.rank)
  const chosen = choose(sentences, fits)
  return citations.flatMap(({ key }) => {
    const own = chosen.filter(({ citation }) => citation.key === key)
    return own.length === 0 ? [] : [{ key, text: quoteOf(own) }]
  })
}

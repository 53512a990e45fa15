/**
 * How much each kind of evidence weighs. The first three were fitted on judged questions by a listwise softmax loss
 * with an L2 penalty, cross-validated over the questions; the two for keyword questions by a grid on the same.
 * `node scripts/fit-ranking.mjs` prints them again; docs/decisions/0016-fused-ranking.md tells the figures.
 *
 * @public for scripts/fit-ranking.mjs
 */
export const WEIGHTS = {
  /** Cosine of question and paper (title and abstract). */
  dense: 0.8,
  /** BM25, as the square root of its share of the best match. */
  lexical: 0.4,
  /** Cosine of question and the nearest sentence of the abstract. */
  sentence: 0.5,
  /** Added for questions of few words, which name a thing rather than describe it. */
  keyword: { lexical: 0.8, title: 0.2 },
} as const

/** What is known of one candidate. */
export interface Evidence {
  /** Cosine similarity of the paper. */
  readonly dense: number
  /** 0 where no word of the question stands in it. */
  readonly bm25: number
  /** Cosine similarity of its best sentence; null where its sentences are not embedded (yet). */
  readonly sentence: number | null
  /** Cosine similarity of its title alone; null likewise. */
  readonly title: number | null
}

/** The same of many candidates: a place each in every list. What is not embedded (yet), or weighs nothing, is that of the whole paper. */
export interface EvidenceLists {
  readonly dense: readonly number[]
  readonly bm25: readonly number[]
  readonly sentence: readonly number[]
  readonly title: readonly number[]
}

/** What is the same for all candidates of a question. */
export interface Question {
  /** How many words it has, stop words left out. */
  readonly terms: number
  /** BM25 of its best match; 0 where there is none. */
  readonly bestBm25: number
}

const FEW_TERMS = 2
const MANY_TERMS = 6

/** 1 for questions of up to two words, 0 from six on, linear between. */
export const keywordShare = (terms: number): number =>
  Math.min(1, Math.max(0, (MANY_TERMS - terms) / (MANY_TERMS - FEW_TERMS)))

/**
 * The value that hybrid search orders by: a weighted mean, so that it is comparable between questions. BM25 is taken relative to the best match, because its scale depends on the
 * question, and under a root, because a second match of half the BM25 is worth more than half of the first. A paper
 * whose sentences are not there yet is judged by its whole instead, so that it neither gains nor loses by it.
 */
export function fusion({ terms, bestBm25 }: Question): (lists: EvidenceLists, at: number) => number {
  const keyword = keywordShare(terms)
  const lexicalWeight = WEIGHTS.lexical + keyword * WEIGHTS.keyword.lexical
  const titleWeight = keyword * WEIGHTS.keyword.title
  const weight = WEIGHTS.dense + lexicalWeight + WEIGHTS.sentence + titleWeight
  return ({ dense, bm25, sentence, title }, at) => {
    const lexical = bestBm25 > 0 ? Math.sqrt(Math.max(0, bm25[at] as number) / bestBm25) : 0
    const sum =
      WEIGHTS.dense * (dense[at] as number) +
      lexicalWeight * lexical +
      WEIGHTS.sentence * (sentence[at] as number) +
      titleWeight * (title[at] as number)
    return sum / weight
  }
}

/** That of one candidate. */
export function fusedValue({ dense, bm25, sentence, title }: Evidence, question: Question): number {
  const lists = { dense: [dense], bm25: [bm25], sentence: [sentence ?? dense], title: [title ?? dense] }
  return fusion(question)(lists, 0)
}

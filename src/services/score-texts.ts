import type { Reranker } from '../domain/models.ts'
import { passageText, queryText } from '../domain/passage.ts'
import { calibrated } from './calibration.ts'
import type { Deps } from './deps.ts'
import { eachText } from './each-text.ts'
import { dot } from './vectors.ts'

interface ScoreTextsRequest {
  readonly query: string
  readonly texts: readonly string[]
  /** What the list of texts is called in the request. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
}

export interface ScoredText {
  /** Its place in the request. */
  readonly index: number
  /** 0..1 */
  readonly score: number
  /** What the score was made of: the cosine similarity, or the logit of the cross-encoder. */
  readonly raw: number
}

/** The id of the model that scores: the cross-encoder where one is configured, else the embedder. */
export const scoringModel = ({ embedder, rerank }: Deps): string => rerank?.reranker.model ?? embedder.model

const cleaned = (text: string): string => passageText({ title: '', abstract: text })

/** A logistic function that has run into 0 or 1 has no logit any more; this is beyond all that doubles can tell apart. */
const MAX_LOGIT = 40

const logit = (score: number): number => Math.min(MAX_LOGIT, Math.max(-MAX_LOGIT, Math.log(score) - Math.log1p(-score)))

type Score = Omit<ScoredText, 'index'>

function byReranker(reranker: Reranker, { query, texts, name, signal }: ScoreTextsRequest): Promise<Score[]> {
  const question = queryText(query)
  return eachText({ texts, name }, async (text) => {
    const [score = 0] = await reranker.score(question, [cleaned(text)], signal)
    return { score, raw: logit(score) }
  })
}

async function byEmbedder(deps: Deps, { query, texts, name, signal }: ScoreTextsRequest): Promise<Score[]> {
  const [question = new Float32Array()] = await deps.embedder.embed([queryText(query)], 'query', signal)
  return eachText({ texts, name }, async (text) => {
    const [vector = new Float32Array()] = await deps.embedder.embed([cleaned(text)], 'passage', signal)
    const similarity = dot(vector, question)
    return { score: calibrated('dense', similarity), raw: similarity }
  })
}

/**
 * How far each text answers a question, best first, ties in the order given. A cross-encoder that fails is an error
 * here: the embedder's scores in its place would be of another kind, and the answer could not say so. Throws
 * EMBEDDING_FAILED, OVERLOADED, MODEL_UNAVAILABLE, INTERRUPTED.
 */
export async function scoreTexts(deps: Deps, request: ScoreTextsRequest): Promise<ScoredText[]> {
  const reranker = deps.rerank?.reranker
  const scores = await (reranker ? byReranker(reranker, request) : byEmbedder(deps, request))
  return scores.map((score, index) => ({ index, ...score })).sort((one, other) => other.score - one.score)
}

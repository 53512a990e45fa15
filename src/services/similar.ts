import { fail } from '../domain/errors.ts'
import { passageText } from '../domain/passage.ts'
import type { List, Plan, SimilarRequest } from '../domain/query.ts'
import type { VectorAnswer, VectorQuery } from '../domain/vector-index.ts'
import { afterRanking, candidateDepth } from './after-ranking.ts'
import { type AnswerParts, answer, clampScore, type Ranked } from './answer.ts'
import { type AnswerText, answerJson } from './answer-json.ts'
import type { Deps } from './deps.ts'
import { fusedNeighbours } from './fused-neighbours.ts'
import { listable, selectionOf } from './selection.ts'

type Asked = Pick<SimilarRequest, 'mode' | 'explain'>

interface Alike {
  /** Best first, down to what is asked for at least. */
  readonly ranked: readonly Ranked[]
  readonly plan: Plan
}

/** A nearest-neighbour answer, scored by cosine similarity. */
function rankNeighbours({ neighbours }: VectorAnswer, explain: boolean): Ranked[] {
  return neighbours.map(({ key, similarity }, at) => ({
    key,
    score: clampScore(similarity),
    ...(explain && { explain: { dense: { rank: at + 1, similarity }, lexical: null, fusion: null, boosts: [] } }),
  }))
}

interface Model {
  readonly query: VectorQuery
  /** What the vector stands for; only the words' side needs it. */
  readonly text: () => string
}

/** The papers most like one text, in the way that is asked for. */
export async function likeOne(deps: Deps, { mode, explain }: Asked, { query, text }: Model): Promise<Alike> {
  if (mode !== 'hybrid') {
    const found = await deps.index.search(query)
    return { ranked: rankNeighbours(found, explain), plan: found.plan }
  }
  const { ranked, answer } = await fusedNeighbours(deps, { query, texts: [text()] })
  return { ranked: explain ? ranked : ranked.map(({ key, score }) => ({ key, score })), plan: answer.plan }
}

async function findSimilar(deps: Deps, request: SimilarRequest): Promise<AnswerParts> {
  const startedAt = performance.now()
  const [self] = await deps.store.get([request.id])
  if (!self) fail('PAPER_NOT_FOUND', `No paper has the id "${request.id}".`)
  const vector = await deps.index.vectorOf(self.key)
  if (!vector) fail('INDEX_DAMAGED', `The paper "${self.paper.id}" has no vector.`)
  const within = await selectionOf(deps, request)
  const { ef, exact } = request
  const kind = 'paper' as const
  const query = { vector, of: self.key, kind, limit: candidateDepth(request), ef, exact, exclude: [self.key], within }
  const found = await likeOne(deps, request, { query, text: () => passageText(self.paper) })
  // The paper itself is never listed.
  const total = listable(deps, within) - (within && !within.has(self.key) ? 0 : 1)
  const ranked = await afterRanking(deps, request, found.ranked)
  return {
    ranked: ranked.slice(request.offset, request.offset + request.limit),
    total: total - (found.ranked.length - ranked.length),
    offset: request.offset,
    startedAt,
    plan: found.plan,
    vector,
    minScore: request.minScore,
  }
}

/** Papers like one that is stored, best first, without the paper itself. Throws PAPER_NOT_FOUND. */
export const similarPapers = async (deps: Deps, request: SimilarRequest): Promise<List> =>
  answer(deps, await findSimilar(deps, request))

/** The same as the text of its JSON, with the fields that are asked for. */
export const similarJson = async (deps: Deps, request: SimilarRequest): Promise<AnswerText> =>
  answerJson(deps, await findSimilar(deps, request), request.fields)

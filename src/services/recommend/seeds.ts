import { fail } from '../../domain/errors.ts'
import { passageText } from '../../domain/passage.ts'
import type { RecommendRequest, SeedReference } from '../../domain/recommend.ts'
import type { Deps } from '../deps.ts'
import type { Seed, Seeds } from './strategy.ts'

async function paperSeeds(deps: Deps, references: readonly string[]): Promise<Seed[]> {
  const stored = await deps.store.get(references)
  return Promise.all(
    references.map(async (reference, at) => {
      const found = stored[at] ?? fail('PAPER_NOT_FOUND', `No paper has the id "${reference}".`)
      const vector = await deps.index.vectorOf(found.key)
      if (!vector) return fail('INDEX_DAMAGED', `The paper "${found.paper.id}" has no vector.`)
      return { label: found.paper.id, key: found.key, text: passageText(found.paper), vector }
    }),
  )
}

/** A text is embedded as the paper that it might become. */
async function textSeeds(deps: Deps, list: readonly SeedReference[]): Promise<Seed[]> {
  const texts = list.flatMap((seed, label) => (typeof seed === 'string' ? [] : [{ label, text: seed.text }]))
  if (texts.length === 0) return []
  const passages = texts.map(({ text }) => passageText({ title: '', abstract: text }))
  const vectors = await deps.embedder.embed(passages, 'passage')
  return texts.flatMap(({ label }, at) => {
    const vector = vectors[at]
    return vector ? [{ label, key: null, text: passages[at] ?? '', vector }] : []
  })
}

async function seedsOf(deps: Deps, list: readonly SeedReference[], ids: readonly string[]): Promise<Seed[]> {
  const references = [...list.filter((seed) => typeof seed === 'string'), ...ids]
  const [papers, texts] = await Promise.all([paperSeeds(deps, references), textSeeds(deps, list)])
  // A paper that is named twice counts once.
  return [...new Map(papers.map((seed) => [seed.key, seed])).values(), ...texts]
}

/** Throws PAPER_NOT_FOUND, and INVALID_REQUEST where a paper is wanted and unwanted at once. */
export async function resolveSeeds(deps: Deps, request: RecommendRequest): Promise<Seeds> {
  const [positive, negative] = await Promise.all([
    seedsOf(deps, request.positive, request.positivePaperIds),
    seedsOf(deps, request.negative, request.negativePaperIds),
  ])
  const unwanted = new Set(negative.map(({ key }) => key).filter((key) => key !== null))
  const both = positive.find(({ key }) => key !== null && unwanted.has(key))
  if (both) fail('INVALID_REQUEST', `The paper "${both.label}" is among the positives and the negatives.`)
  return { positive, negative }
}

import { getEncoding } from 'js-tiktoken'
import { expect, it } from 'vitest'
import { ContextStyle, TokenizerName } from '../../../src/domain/context.ts'
import { buildContext } from '../../../src/services/context/build-context.ts'
import { contextRequest, fillWithCorpus } from '../../support/corpus.ts'
import { openLibrary } from '../../support/library.ts'
import { createRandom, pick } from '../../support/random.ts'

const CONTEXTS = 500
const TIMEOUT_MS = 240_000
const random = createRandom(38)
const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1))
const encodings = { o200k: getEncoding('o200k_base'), cl100k: getEncoding('cl100k_base') }

it(
  `keeps ${CONTEXTS} random contexts within their budget by an independent tokenizer, every citation resolves, and the same request gives the same bytes`,
  async ({ annotate }) => {
    const deps = await openLibrary()
    const papers = await fillWithCorpus(deps)
    const shares: number[] = []
    let cited = 0
    for (let n = 0; n < CONTEXTS; n += 1) {
      const words = `${pick(random, papers).title} ${pick(random, papers).abstract}`.split(/\s+/)
      const start = between(0, Math.max(0, words.length - 3))
      const query = words.slice(start, start + between(1, 12)).join(' ') || 'papers'
      const ids = Array.from({ length: between(1, 15) }, () => pick(random, papers).id)
      const request = contextRequest({
        ...(random() < 0.8 ? { query } : { ids, ...(random() < 0.5 && { query }) }),
        maxTokens: between(110, random() < 0.5 ? 600 : 5_000),
        style: pick(random, ContextStyle.options),
        tokenizer: pick(random, TokenizerName.options),
        limit: between(1, 20),
        diversity: random(),
        minScore: pick(random, [0, 0, 0.1]),
      })
      const built = await buildContext(deps, request)
      const counted = encodings[request.tokenizer].encode(built.context, [], []).length
      expect(counted).toBe(built.tokenCount)
      expect(counted).toBeLessThanOrEqual(request.maxTokens)
      shares.push(counted / request.maxTokens)
      cited += built.citations.length

      const keys = built.citations.map(({ key }) => key)
      expect(new Set(keys).size).toBe(keys.length)
      const resolved = await deps.store.findByCitationKeys(keys)
      expect(resolved.map((found) => found?.paper.id)).toEqual(built.citations.map(({ id }) => id))
      for (const { key, id, evidence } of built.citations) {
        expect(built.context).toContain(key)
        const paper = papers.find((each) => each.id === id)
        for (const { start: from, end } of evidence) expect(paper?.abstract.slice(from, end).trim()).not.toBe('')
      }
      expect(await buildContext(deps, structuredClone(request))).toEqual(built)
    }
    const used = shares.reduce((sum, share) => sum + share, 0) / shares.length
    const figures = `${CONTEXTS} contexts over ${papers.length} papers, ${cited} citations, 0 over budget, ${(used * 100).toFixed(1)} % of the budget used on average`
    console.log(figures)
    void annotate(figures)
    expect(cited).toBeGreaterThan(CONTEXTS)
  },
  TIMEOUT_MS,
)

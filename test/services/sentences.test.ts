import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { KindredError } from '../../src/domain/errors.ts'
import { RecommendRequest } from '../../src/domain/recommend.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { keepSentences } from '../../src/services/keep-sentences.ts'
import { rebuildIndex } from '../../src/services/rebuild.ts'
import { recommend } from '../../src/services/recommend.ts'
import { similarPapers } from '../../src/services/similar.ts'
import { similarToText } from '../../src/services/similar-text.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { add, countingEmbedder, openLibrary } from '../support/library.ts'

const ABSTRACT =
  'Kites rise when the wind blows.  Ducks prefer the \\emph{quiet} pond in winter. Nobody counts the geese.'
const records = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ title: `Kite ${at}`, abstract: `${ABSTRACT} Number ${at} is ours.` }))
const page = { limit: 5, offset: 0, exact: false, explain: false }

/** Fails at texts that hold the word, as a model does that gives NaN. */
function failingEmbedder(word: string, code: 'EMBEDDING_FAILED' | 'MODEL_UNAVAILABLE' = 'EMBEDDING_FAILED') {
  const inner = countingEmbedder()
  const broken = { on: false, calls: 0 }
  const embed: typeof inner.embed = async (texts, kind, signal) => {
    const hit = broken.on && texts.some((text) => text.includes(word))
    broken.calls += hit ? 1 : 0
    if (hit) throw new KindredError(code)
    return inner.embed(texts, kind, signal)
  }
  return { embedder: { ...inner, embed }, broken }
}

describe('filling sentences', () => {
  it('gives every paper its title and its cleaned sentences, with progress', async () => {
    const library = await openLibrary()
    await add(library, records(20))
    const seen: [number, number][] = []
    const report = await fillSentences(library, { onProgress: (...step) => void seen.push(step) })
    expect(report).toEqual({ filled: 20, givenUp: [] })
    expect(seen.at(-1)).toEqual([20, 20])
    expect(seen.map(([done]) => done)).toEqual([...seen.map(([done]) => done)].sort((one, other) => one - other))
    expect(library.embedder.texts).toContain('Ducks prefer the quiet pond in winter.')
    expect((await library.store.stats()).sentences).toEqual({ papers: 20, failed: 0 })
  })

  it('goes on after a stop and does nothing twice', async () => {
    const library = await openLibrary()
    await add(library, records(30))
    const stop = new AbortController()
    const before = library.embedder.texts.length
    const stopped = fillSentences(library, { signal: stop.signal, onProgress: () => stop.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' })
    const kept = (await library.store.stats()).sentences.papers
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(30)
    expect(await fillSentences(library)).toEqual({ filled: 30 - kept, givenUp: [] })
    expect(library.embedder.texts.length - before).toBe(30 * 4)
    expect(await fillSentences(library)).toEqual({ filled: 0, givenUp: [] })
  })

  it('renews the sentences of a changed abstract only', async () => {
    const library = await openLibrary()
    await add(library, records(3))
    await fillSentences(library)
    await add(library, [{ title: 'Kite 1', abstract: 'Another abstract of the very same kite.' }])
    expect(await fillSentences(library)).toEqual({ filled: 1, givenUp: [] })
  })

  it('takes a paper without an abstract, and one whose sentences are mere markup', async () => {
    const library = await openLibrary()
    await add(library, [{ title: 'Untold' }, { title: 'Cited', abstract: '\\cite{quokka, wombat, koala}' }])
    expect((await fillSentences(library)).filled).toBe(2)
    const { data } = await similarToText(library, { text: 'Untold', ...page })
    expect(data.map(({ evidence }) => evidence)).toEqual([null, null])
  })

  it('gives up a paper that fails three times, names it, and tries again after a rebuild', async () => {
    const { embedder, broken } = failingEmbedder('Number 4 ')
    const library = await openLibrary(undefined, embedder)
    await add(library, records(12))
    broken.on = true
    const report = await fillSentences(library)
    expect(report).toMatchObject({ filled: 11, givenUp: [expect.stringContaining('kite-4')] })
    expect(broken.calls).toBe(3)
    expect(await fillSentences(library)).toEqual({ filled: 0, givenUp: [] })
    expect(broken.calls).toBe(3)
    expect(library.store.lacksSentences()).toBe(false)
    broken.on = false
    await rebuildIndex(library)
    expect((await fillSentences(library)).filled).toBe(1)
  })

  it('blames no paper for a model that cannot be loaded', async () => {
    const { embedder, broken } = failingEmbedder('Number 4 ', 'MODEL_UNAVAILABLE')
    const library = await openLibrary(undefined, embedder)
    await add(library, records(6))
    broken.on = true
    await expect(fillSentences(library)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    expect((await library.store.stats()).sentences).toEqual({ papers: 5, failed: 0 })
  })

  it('leaves no rows where evidence is off', async () => {
    const library = await openLibrary()
    await add(library, records(2))
    const { fingerprint, dimension } = library.embedder
    const store = openPaperStore({ dir: library.dir, evidence: false }, { fingerprint, dimension })
    onTestFinished(() => store.close())
    expect((await fillSentences({ ...library, store })).filled).toBe(0)
    expect((await store.stats()).sentences).toEqual({ papers: 0, failed: 0 })
  })
})

describe('keeping sentences', () => {
  it('fills what is there and what comes, and stops when it is closed', async () => {
    const library = await openLibrary()
    await add(library, records(3))
    const filled: number[] = []
    const keeper = keepSentences(library, { lookEveryMs: 5, onFilled: (papers) => void filled.push(papers) })
    await vi.waitFor(() => expect(filled).toEqual([3]))
    await add(library, records(5))
    await vi.waitFor(() => expect(filled).toEqual([3, 2]))
    await keeper.close()
    await add(library, records(6))
    expect((await library.store.stats()).sentences.papers).toBe(5)
  })

  it('reports a failure instead of trying without end', async () => {
    const { embedder, broken } = failingEmbedder('Kite', 'MODEL_UNAVAILABLE')
    const library = await openLibrary(undefined, embedder)
    await add(library, records(1))
    broken.on = true
    const failures: unknown[] = []
    const keeper = keepSentences(library, { lookEveryMs: 2, onFailure: (error) => void failures.push(error) })
    await vi.waitFor(() => expect(failures).toHaveLength(1))
    await keeper.close()
    expect(broken.calls).toBe(1)
  })
})

describe('evidence', () => {
  it('is the nearest sentence, where it stands in the abstract as it was given', async () => {
    const library = await openLibrary()
    await add(library, records(4))
    await fillSentences(library)
    const { data, index } = await similarToText(library, { text: 'ducks prefer the quiet pond', ...page })
    for (const { abstract, evidence } of data) {
      expect(evidence?.text).toBe('Ducks prefer the \\emph{quiet} pond in winter.')
      expect(abstract.slice(evidence?.start, evidence?.end)).toBe(evidence?.text)
      expect(evidence?.score).toBeGreaterThan(0.3)
    }
    expect(data).toHaveLength(4)
    expect(index.degraded).not.toContain('evidence-filling')
  })

  it('is missing, and said to be, until the sentences are there', async () => {
    const library = await openLibrary()
    await add(library, records(2))
    const id = (await library.store.missingSentences(1))[0]?.paper.id ?? ''
    const { data, index } = await similarPapers(library, { id, ...page })
    expect(data.map(({ evidence }) => evidence)).toEqual([null])
    expect(index.degraded).toContain('evidence-filling')
  })

  it('of a recommendation is the sentence nearest to the seed that the hit is most like', async () => {
    const library = await openLibrary()
    const [tides, bread] = ['Tides turn in the harbour at noon.', 'Bread rises in the oven at night.']
    await add(library, [
      { id: 'tides', title: 'Tides of a harbour', abstract: tides },
      { id: 'bread', title: 'Bread in an oven', abstract: bread },
      { id: 'like-tides', title: 'Harbour tides', abstract: `${bread} ${tides} Tides turn the harbour.` },
      { id: 'like-bread', title: 'Oven bread', abstract: `${tides} ${bread} Bread rises in an oven.` },
    ])
    await fillSentences(library)
    const asked = { positive: ['tides', 'bread'], strategy: 'average', explain: true }
    const { data } = await recommend(library, RecommendRequest.parse(asked))
    const said = data.map(({ id, explain, evidence }) => [id, explain?.nearestSeed, evidence?.text])
    expect(new Set(said)).toEqual(
      new Set([
        ['like-tides', 'tides', tides],
        ['like-bread', 'bread', bread],
      ]),
    )
  })
})

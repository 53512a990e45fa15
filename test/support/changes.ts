import { generatedId, identifierAliases, textHash, titleAlias } from '../../src/domain/identity.ts'
import type { Paper } from '../../src/domain/paper.ts'
import type { PaperChange, PaperStore, StoredPaper } from '../../src/domain/ports.ts'

export function paper(title: string, over: Partial<Paper> = {}): Paper {
  return {
    id: generatedId(title),
    title,
    abstract: '',
    authors: [],
    authorCount: null,
    organization: null,
    publishedAt: null,
    dateInferred: false,
    year: null,
    commentCount: null,
    venue: null,
    categories: [],
    arxivId: null,
    doi: null,
    url: null,
    sources: ['test'],
    addedAt: '2024-01-01T00:00:00.000Z',
    updatedAt: '2024-01-01T00:00:00.000Z',
    ...over,
  }
}

/** A paper as a writer hands it to the store; `vector` is required, because the store does not make one. */
export function change(paper: Paper, vector: Float32Array | null, over: Partial<PaperChange> = {}): PaperChange {
  const { title, abstract } = paper
  return {
    key: null,
    paper,
    textHash: textHash(`${title}\n${abstract}`),
    vector,
    searchText: { title, abstract },
    aliases: [...identifierAliases(paper), titleAlias(title)],
    provenance: [{ source: 'test', recordHash: textHash(title) }],
    ...over,
  }
}

export const writeAll = (store: PaperStore, changes: readonly PaperChange[]) =>
  store.write({ changes, expectedGeneration: store.generation(), run: 'test' })

export async function stored(store: PaperStore, reference: string): Promise<StoredPaper> {
  const [found] = await store.get([reference])
  if (!found) throw new Error(`the test expects a paper ${reference}`)
  return found
}

/** New papers `p0`, `p1`, … one a vector; returns their keys in order. */
export async function addVectors(store: PaperStore, vectors: readonly Float32Array[], prefix = 'p'): Promise<number[]> {
  const papers = vectors.map((_, at) => paper(`${prefix} ${at}`, { id: `${prefix}${at}` }))
  await writeAll(
    store,
    papers.map((each, at) => change(each, vectors[at] ?? null)),
  )
  return (await store.get(papers.map(({ id }) => id))).map((found) => found?.key ?? -1)
}

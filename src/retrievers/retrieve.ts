import type { Hit, SearchMode } from '../domain/query.ts'
import { sanitise } from '../services/context/sanitise.ts'
import type { Deps } from '../services/deps.ts'
import { type Library, openedLibrary, type Question } from './library.ts'
import { type Address, servedLibrary } from './server.ts'

/** How papers are looked for, and what is handed on of them. */
export interface RetrievalOptions {
  /** How many papers at most, 1 to 100 (10). */
  readonly k?: number | undefined
  /** `hybrid` where it is left out. */
  readonly mode?: SearchMode | undefined
  /** Which papers, in the style of MongoDB, as POST /v1/search takes it. */
  readonly filter?: Question['filter']
  /** 0 to 1: leave out papers with a lower score. */
  readonly minScore?: number | undefined
  /** The text behind the title: the whole `abstract` (where it is left out), or the sentence nearest to the question. */
  readonly content?: 'abstract' | 'evidence' | undefined
}

/** Where the papers are: a server's address, or an index that `openKindred` opened. */
export type PlaceOfPapers = Address | { readonly kindred: { readonly deps: Deps } }

/** What is known of a retrieved paper beside its text. */
export interface PaperMetadata {
  readonly id: string
  readonly title: string
  /** The chance that it answers the question, 0 to 1. */
  readonly score: number
  readonly rank: number
  /** As contexts and bibliographies of the same library cite it; null for a paper that was removed meanwhile. */
  readonly citationKey: string | null
  readonly evidence: string | null
  readonly authors: readonly string[]
  readonly year: number | null
  readonly venue: string | null
  readonly doi: string | null
  readonly arxivId: string | null
  readonly url: string | null
}

export interface RetrievedPaper {
  readonly text: string
  readonly metadata: PaperMetadata
}

const K = 10

const libraryAt = (place: PlaceOfPapers): Library =>
  'kindred' in place ? openedLibrary(place.kindred.deps) : servedLibrary(place)

function retrieved(hit: Hit, citationKey: string | null, content: RetrievalOptions['content']): RetrievedPaper {
  const { id, score, rank, year, doi, arxivId, url } = hit
  const title = sanitise(hit.title)
  const evidence = hit.evidence === null ? null : sanitise(hit.evidence.text)
  const body = content === 'evidence' && evidence !== null ? evidence : sanitise(hit.abstract)
  const venue = hit.venue === null ? null : sanitise(hit.venue)
  const authors = hit.authors.map(sanitise)
  return {
    text: body === '' ? title : `${title}\n\n${body}`,
    metadata: { id, title, score, rank, citationKey, evidence, authors, year, venue, doi, arxivId, url },
  }
}

/**
 * Finds papers for a question, the same from a server and from an opened index. Their texts are cleaned of what acts on
 * a language model, as in a context. Throws INVALID_REQUEST, INTERRUPTED, SERVER_UNREACHABLE and what a search throws.
 */
export function createRetrieval(place: PlaceOfPapers, options: RetrievalOptions) {
  const { k = K, mode, filter, minScore, content } = options
  const library = libraryAt(place)
  return async (query: string, signal?: AbortSignal): Promise<RetrievedPaper[]> => {
    const question = { query, limit: k, mode, filter, minScore }
    const hits = await library.search(question, signal)
    if (hits.length === 0) return []
    const ids = hits.map(({ id }) => id)
    const keys = await library.citationKeys(ids, signal)
    return hits.map((hit) => retrieved(hit, keys.get(hit.id) ?? null, content))
  }
}

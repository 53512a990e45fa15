import type { StoredPaper } from '../../domain/ports.ts'
import type { Deps } from '../deps.ts'
import { resolveReference } from '../references.ts'
import { safeUrl } from './build-context.ts'
import { flagsOf } from './flags.ts'
import { sanitise } from './sanitise.ts'

const MAX_AUTHORS = 20
const MAX_CATEGORIES = 20
/** Some five thousand tokens; an honest abstract has a tenth of it. */
const MAX_SHOWN = 20_000

/** One paper as it may stand in front of a language model. */
export interface ShownPaper {
  readonly id: string
  readonly title: string
  /** The abstract; `metadata.truncated` says where it goes on. */
  readonly text: string
  readonly url: string | null
  /** What is known besides; what is not known is left out. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>
}

/** Lists of a paper can be of any length; `et al.` tells that one goes on. */
function joined(list: readonly string[], most: number): string | null {
  if (list.length === 0) return null
  const shown = list.slice(0, most).map(sanitise).join('; ')
  return list.length > most ? `${shown}; et al.` : shown
}

const orNull = (text: string | null): string | null => (text === null ? null : sanitise(text))

function metadataOf({ paper, provenance }: StoredPaper, key: string | undefined): ShownPaper['metadata'] {
  const all: Record<string, string | number | boolean | null> = {
    key: key ?? null,
    authors: joined(paper.authors, MAX_AUTHORS),
    year: paper.year,
    publishedAt: orNull(paper.publishedAt),
    venue: orNull(paper.venue),
    categories: joined(paper.categories, MAX_CATEGORIES),
    arxivId: orNull(paper.arxivId),
    doi: orNull(paper.doi),
    source: orNull(provenance[0]?.source ?? null),
    recordHash: provenance[0]?.recordHash ?? null,
    flags: flagsOf([paper.title, paper.abstract, ...paper.authors.slice(0, MAX_AUTHORS)]).join('; ') || null,
    truncated: sanitise(paper.abstract).length > MAX_SHOWN || null,
  }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** A paper by its id, an `arxiv:…`, a `doi:…` or its citation key, sanitised. Throws PAPER_NOT_FOUND. */
export async function showPaper(deps: Deps, reference: string): Promise<ShownPaper> {
  const stored = await resolveReference(deps, reference)
  const keys = await deps.store.citationKeys([stored.key])
  const { id, title, abstract, url } = stored.paper
  return {
    id,
    title: sanitise(title),
    text: sanitise(abstract).slice(0, MAX_SHOWN),
    url: safeUrl(url),
    metadata: metadataOf(stored, keys.get(stored.key)),
  }
}

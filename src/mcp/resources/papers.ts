import { type ListResourcesResult, type ReadResourceResult, ResourceNotFoundError } from '@modelcontextprotocol/server'
import { fail, KindredError } from '../../domain/errors.ts'
import { sanitise } from '../../services/context/sanitise.ts'
import { type ShownPaper, showPaper } from '../../services/context/show-paper.ts'
import type { Deps } from '../../services/deps.ts'
import { listPapers } from '../../services/papers.ts'
import { shortened } from '../hits.ts'
import { PAPER_URI_TEMPLATE, paperIdOf, paperUri } from '../paper-uri.ts'

const MIME_TYPE = 'application/json'
const PAGE = 50
/** Clients read every page before they show one: the newest papers are listed, the others are searched for. */
const MAX_PAGES = 4
const MAX_TITLE = 200

/** `page:cursor of the store`; whoever makes one up gets INVALID_REQUEST, here or there. */
const CURSOR = /^(\d):(.{1,4000})$/s

export const PAPER_TEMPLATE = {
  name: 'paper',
  title: 'Paper',
  uriTemplate: PAPER_URI_TEMPLATE,
  description: 'One paper: title, abstract, and what is known of it.',
  mimeType: MIME_TYPE,
} as const

function placeOf(given: string | undefined): { readonly page: number; readonly cursor?: string } {
  if (given === undefined) return { page: 1 }
  const [, page, cursor] = CURSOR.exec(given) ?? []
  return cursor === undefined || page === undefined
    ? fail('INVALID_REQUEST', 'The cursor is none that this server gave.')
    : { page: Number(page), cursor }
}

/** The papers that came last. Throws INVALID_REQUEST. */
export async function listPaperResources(deps: Deps, given: string | undefined): Promise<ListResourcesResult> {
  const { page, cursor } = placeOf(given)
  const { data, nextCursor } = await listPapers(deps, { limit: PAGE, sort: 'addedAt', ...(cursor && { cursor }) })
  const resources = data.map(({ id, title }) => {
    const shown = shortened(sanitise(title), MAX_TITLE)
    return { uri: paperUri(id), name: id, title: shown, mimeType: MIME_TYPE }
  })
  return { resources, ...(nextCursor !== null && page < MAX_PAGES && { nextCursor: `${page + 1}:${nextCursor}` }) }
}

async function find(deps: Deps, uri: string): Promise<ShownPaper> {
  const id = paperIdOf(uri)
  if (id === null) throw new ResourceNotFoundError(uri)
  try {
    return await showPaper(deps, id)
  } catch (error) {
    if (error instanceof KindredError && error.code === 'PAPER_NOT_FOUND') throw new ResourceNotFoundError(uri)
    throw error
  }
}

/** The paper of a URI. Throws ResourceNotFoundError. */
export async function readPaperResource(deps: Deps, uri: string): Promise<ReadResourceResult> {
  return { contents: [{ uri, mimeType: MIME_TYPE, text: JSON.stringify(await find(deps, uri)) }] }
}

import { KindredError } from '../domain/errors.ts'
import type { Paper } from '../domain/paper.ts'
import type { Deps } from '../services/deps.ts'
import { getPaper, matchTitle } from '../services/papers.ts'

const isMissing = (error: unknown): boolean => error instanceof KindredError && error.code === 'PAPER_NOT_FOUND'

/** The paper of an id, an `arxiv:…`, a `doi:…`, else of an exact title. Throws PAPER_NOT_FOUND. */
export async function findPaper(deps: Deps, reference: string): Promise<Paper> {
  try {
    return await getPaper(deps, reference)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    return await matchTitle(deps, reference)
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new KindredError('PAPER_NOT_FOUND', `No paper has the id or the title "${reference}".`)
  }
}

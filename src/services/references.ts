import { fail } from '../domain/errors.ts'
import type { StoredPaper } from '../domain/ports.ts'
import type { Deps } from './deps.ts'

/**
 * The paper of an id, an `arxiv:…`, a `doi:…` or a citation key: what a model has read of a paper it may name it by.
 * Throws PAPER_NOT_FOUND.
 */
export async function resolveReference(deps: Deps, reference: string): Promise<StoredPaper> {
  const [byId] = await deps.store.get([reference])
  if (byId) return byId
  const [byKey] = await deps.store.findByCitationKeys([reference])
  return byKey ?? fail('PAPER_NOT_FOUND', `No paper has the id or the citation key "${reference}".`)
}

/** The ids of several. Throws PAPER_NOT_FOUND. */
export const resolveIds = (deps: Deps, references: readonly string[]): Promise<string[]> =>
  Promise.all(references.map(async (reference) => (await resolveReference(deps, reference)).paper.id))

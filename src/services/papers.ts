import { fail } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import { titleAlias } from '../domain/identity.ts'
import type { Paper } from '../domain/paper.ts'
import type { ListPapersRequest, PaperPage } from '../domain/query.ts'
import type { Deps } from './deps.ts'

/** Throws PAPER_NOT_FOUND. */
export async function getPaper(deps: Deps, reference: string): Promise<Paper> {
  const [stored] = await deps.store.get([reference])
  return stored?.paper ?? fail('PAPER_NOT_FOUND', `No paper has the id "${reference}".`)
}

/** In the order asked for, null where no paper has the id. */
export async function getPapers(deps: Deps, references: readonly string[]): Promise<(Paper | null)[]> {
  return (await deps.store.get(references)).map((stored) => stored?.paper ?? null)
}

/** The paper of a title; case, accents, markup and punctuation do not matter. Throws PAPER_NOT_FOUND. */
export async function matchTitle(deps: Deps, title: string): Promise<Paper> {
  const stored = await deps.store.findByAlias([titleAlias(title)])
  return stored?.paper ?? fail('PAPER_NOT_FOUND', `No paper has the title "${title}".`)
}

export async function listPapers(deps: Deps, request: ListPapersRequest): Promise<PaperPage> {
  return deps.store.list(request)
}

/** Afterwards the paper is in no answer. Throws PAPER_NOT_FOUND. */
export async function removePaper(deps: Deps, reference: string): Promise<void> {
  if (!(await deps.store.remove(reference))) fail('PAPER_NOT_FOUND', `No paper has the id "${reference}".`)
  failpoint('delete-after-commit')
  await deps.index.sync()
}

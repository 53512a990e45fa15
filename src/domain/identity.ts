import { createHash } from 'node:crypto'
import { cleanLatex } from './latex.ts'
import type { Paper, PaperRecord } from './paper.ts'

const SLUG_LENGTH = 60

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What is left of a title when case, accents, markup, spaces and punctuation are ignored: equal keys are one title. */
export function titleKey(title: string): string {
  const letters = cleanLatex(title)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
  return letters === '' ? title.trim().toLowerCase() : letters
}

function slug(title: string): string {
  const words =
    cleanLatex(title)
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  let text = ''
  for (const word of words) {
    const longer = text === '' ? word.slice(0, SLUG_LENGTH) : `${text}-${word}`
    if (longer.length > SLUG_LENGTH) break
    text = longer
  }
  return text === '' ? 'paper' : text
}

/**
 * A readable id that depends on the title alone, so that every ingest gives it again. `distinction` (an arXiv id or a
 * DOI) tells apart two papers of one title.
 */
export function generatedId(title: string, distinction = ''): string {
  return `${slug(title)}-${sha256(`${titleKey(title)}\n${distinction}`).slice(0, 6)}`
}

interface Identifiers {
  readonly arxivId?: string | null | undefined
  readonly doi?: string | null | undefined
}

/** arXiv mints a DOI of its own for each preprint, in which its id stands. */
const ARXIV_DOI = /^10\.48550\/arxiv\.(.+)$/

const arxivOf = ({ arxivId, doi }: Identifiers): string | null =>
  arxivId?.toLowerCase() ?? ARXIV_DOI.exec(doi ?? '')?.[1] ?? null

/** Beside the publisher's DOI that of arXiv does not make another paper. */
const publisherDoi = ({ doi }: Identifiers): string | null => (doi && !doi.startsWith('10.48550/') ? doi : null)

/** What surely names a paper, the surest first. */
export function identifierAliases(paper: { id?: string | null | undefined } & Identifiers): string[] {
  const arxiv = arxivOf(paper)
  const aliases: string[] = []
  if (paper.id) aliases.push(`id:${paper.id}`)
  if (arxiv) aliases.push(`arxiv:${arxiv}`)
  if (paper.doi) aliases.push(`doi:${paper.doi}`)
  return aliases
}

export const titleAlias = (title: string): string => `title:${titleKey(title)}`

/**
 * The aliases that a reference of a request may mean: an id, `arxiv:1706.03762v5` or `doi:10.1/x`. The id comes first,
 * because sources also give ids that look like the others.
 */
export function aliasesOfReference(reference: string): string[] {
  const id = `id:${reference}`
  const [, scheme, rest] = /^(arxiv|doi):(.+)$/is.exec(reference.trim()) ?? []
  if (scheme === undefined || rest === undefined) return [id]
  const value = rest.trim().toLowerCase()
  if (scheme.toLowerCase() === 'arxiv') return [id, `arxiv:${value.replace(/v\d+$/, '')}`]
  return [id, `doi:${value.replace(/^https?:\/\/(dx\.)?doi\.org\//, '')}`]
}

const differ = (one: string | null, other: string | null): boolean => one !== null && other !== null && one !== other

/** Whether a record that shares its title with a paper, and no identifier, is that paper. `ids` are all of the paper. */
export function sameByTitle(record: PaperRecord, paper: Paper, ids: readonly string[]): boolean {
  if (differ(arxivOf(record), arxivOf(paper))) return false
  if (differ(publisherDoi(record), publisherDoi(paper))) return false
  // Ids that sources gave are a statement: two of them are two papers. An id of ours yields to one of a source.
  return !record.id || ids.every((id) => id === generatedId(paper.title))
}

/** SHA-256 of what a record says, its vector left out; equal hashes say the same. */
export function recordHash(record: PaperRecord): string {
  const said = Object.entries(record)
    .filter(
      ([field, value]) => field !== 'embedding' && field !== 'embeddingModel' && value !== null && value !== undefined,
    )
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return sha256(JSON.stringify(said))
}

/** SHA-256 of the text that a vector stands for. */
export const textHash = (text: string): string => sha256(text)

/** SHA-256 of title and abstract as they were given: what the offsets of sentences hold for. */
export const sentencesHash = ({ title, abstract }: { readonly title: string; readonly abstract: string }): string =>
  sha256(`${title}\n${abstract}`)

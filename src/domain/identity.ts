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

/** The names a paper can be asked for by, the surest first. */
export function aliasesOf(paper: { id?: string | null | undefined; title: string } & Identifiers): string[] {
  return [...hardAliases(paper), `title:${titleKey(paper.title)}`]
}

interface Identifiers {
  readonly arxivId?: string | null | undefined
  readonly doi?: string | null | undefined
}

function hardAliases(paper: { id?: string | null | undefined } & Identifiers): string[] {
  const aliases: string[] = []
  if (paper.id) aliases.push(`id:${paper.id}`)
  if (paper.arxivId) aliases.push(`arxiv:${paper.arxivId.toLowerCase()}`)
  if (paper.doi) aliases.push(`doi:${paper.doi}`)
  return aliases
}

/** The alias that a reference of a request means: `arxiv:1706.03762v5`, `doi:10.1/x`, or an id. */
export function aliasOfReference(reference: string): string {
  const [, scheme, rest] = /^(arxiv|doi):(.+)$/is.exec(reference.trim()) ?? []
  if (scheme === undefined || rest === undefined) return `id:${reference}`
  const value = rest.trim().toLowerCase()
  return scheme.toLowerCase() === 'arxiv' ? `arxiv:${value.replace(/v\d+$/, '')}` : `doi:${value}`
}

const differ = (one: string | null | undefined, other: string | null | undefined): boolean =>
  Boolean(one) && Boolean(other) && one !== other

/** arXiv mints a DOI of its own for each preprint; beside the publisher's it does not make another paper. */
const publisherDoi = (doi: string | null | undefined): string | null =>
  doi && !doi.startsWith('10.48550/') ? doi : null

/** Whether a record that shares its title with a paper, and no identifier, is that paper. */
export function sameByTitle(record: PaperRecord, paper: Paper): boolean {
  if (differ(record.arxivId, paper.arxivId)) return false
  if (differ(publisherDoi(record.doi), publisherDoi(paper.doi))) return false
  // Ids that sources gave are a statement: two of them are two papers. An id of ours yields to one of a source.
  return !record.id || paper.id === record.id || paper.id === generatedId(paper.title)
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

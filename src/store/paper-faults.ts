import type { Database } from 'better-sqlite3'
import { textHash } from '../domain/identity.ts'
import { Paper } from '../domain/paper.ts'
import { passageText } from '../domain/passage.ts'

interface Row {
  readonly key: number
  readonly id: string
  readonly document: string
  readonly text_hash: string
}

export interface PaperFaults {
  readonly papers: number
  /** Documents that are no paper any more, or another one. */
  readonly unreadable: { readonly key: number; readonly id: string }[]
  /** Papers whose text is not the one that their hash and vector stand for. */
  readonly altered: { readonly key: number; readonly id: string }[]
}

/** The paper of a document; null where it is none. */
export function readDocument(document: string): Paper | null {
  try {
    return Paper.safeParse(JSON.parse(document)).data ?? null
  } catch {
    return null
  }
}

/** Reads every paper and compares its text with its hash. */
export function findPaperFaults(db: Database): PaperFaults {
  const unreadable: PaperFaults['unreadable'] = []
  const altered: PaperFaults['altered'] = []
  let papers = 0
  for (const { key, id, document, text_hash } of db
    .prepare<[], Row>('SELECT key, id, document, text_hash FROM papers ORDER BY key')
    .iterate()) {
    papers += 1
    const paper = readDocument(document)
    if (!paper || paper.id !== id) unreadable.push({ key, id })
    else if (textHash(passageText(paper)) !== text_hash) altered.push({ key, id })
  }
  return { papers, unreadable, altered }
}

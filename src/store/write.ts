import type { Database } from 'better-sqlite3'
import { failpoint } from '../domain/failpoint.ts'
import type { PaperChange, PaperStore, WriteBatch } from '../domain/ports.ts'
import type { CitationKeys } from './citation-keys.ts'
import type { Generations } from './generation.ts'
import type { SearchText } from './search-text.ts'
import { insertValues } from './values-step.ts'
import type { Vectors } from './vectors.ts'

interface Parts {
  readonly generations: Generations
  readonly vectors: Vectors
  readonly searchText: SearchText
  readonly citations: CitationKeys
}

/** Writing and removing papers: every table that a paper stands in, in one transaction. */
export function createWriter(db: Database, { generations, vectors, searchText, citations }: Parts) {
  const insert = db.prepare<[string, string, string]>('INSERT INTO papers (id, document, text_hash) VALUES (?, ?, ?)')
  const update = db.prepare<[string, string, number]>('UPDATE papers SET document = ?, text_hash = ? WHERE key = ?')
  const remove = db.prepare<[number]>('DELETE FROM papers WHERE key = ?')
  const dropTitles = db.prepare<[number]>("DELETE FROM aliases WHERE paper = ? AND alias LIKE 'title:%'")
  const addAlias = db.prepare<[string, number]>('INSERT OR IGNORE INTO aliases (alias, paper) VALUES (?, ?)')
  const forget = db.prepare<[number, string, string]>(
    'DELETE FROM provenance WHERE paper = ? AND source = ? AND run <> ?',
  )
  const remember = db.prepare<[number, string, string, string]>(
    'INSERT OR REPLACE INTO provenance (paper, source, record_hash, run) VALUES (?, ?, ?, ?)',
  )
  const dropValues = db.prepare<[number]>('DELETE FROM paper_values WHERE paper = ?')
  const addValues = db.prepare<[number]>(insertValues('AND key = ?'))

  const textHashOf = db.prepare<[number], string>('SELECT text_hash FROM papers WHERE key = ?').pluck()

  function upsert(change: PaperChange): number {
    const document = JSON.stringify(change.paper)
    if (change.key === null) return Number(insert.run(change.paper.id, document, change.textHash).lastInsertRowid)
    update.run(document, change.textHash, change.key)
    dropTitles.run(change.key)
    return change.key
  }

  function apply(change: PaperChange, generation: number, run: string): void {
    if (change.key === null && change.vector === null) throw new RangeError('a new paper needs a vector')
    const key = upsert(change)
    for (const alias of change.aliases) addAlias.run(alias, key)
    for (const { source, recordHash } of change.provenance) {
      forget.run(key, source, run)
      remember.run(key, source, recordHash, run)
    }
    searchText.replace(key, change.searchText)
    dropValues.run(key)
    addValues.run(key)
    citations.give(key, change.paper)
    if (change.vector) vectors.replace(key, change.vector, generation)
  }

  return {
    write: db.transaction((batch: WriteBatch): { generation: number } | null => {
      if (generations.current() !== batch.expectedGeneration) return null
      const generation = generations.advance()
      for (const change of batch.changes) apply(change, generation, batch.run)
      failpoint('write-before-commit')
      return { generation }
    }).immediate,
    /** False where there is no such paper. */
    remove: db.transaction((key: number | undefined): boolean => {
      if (key === undefined) return false
      vectors.drop(key, generations.advance())
      failpoint('delete-half-way')
      searchText.drop(key)
      remove.run(key)
      return true
    }).immediate,
    addVectors: db.transaction((added: Parameters<PaperStore['addVectors']>[0]): void => {
      const generation = generations.advance()
      for (const { key, textHash, vector } of added) {
        if (textHashOf.get(key) === textHash) vectors.add(key, vector, generation)
      }
    }).immediate,
  }
}

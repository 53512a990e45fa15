import type { Database } from 'better-sqlite3'
import { foldedWord, spacedText, titleWords } from '../domain/terms.ts'
import type { Vocabulary } from './vocabulary.ts'

/** More words than anybody types before looking at the suggestions. */
const MAX_WORDS = 24
const MAX_SPELLINGS = 3

/** Completion of titles: all words in any order, the last one perhaps unfinished, the shortest titles first. */
export function createTitles(db: Database, vocabulary: Vocabulary) {
  const place = db.prepare<[number, string, number]>(
    'INSERT INTO title_places (paper, place) VALUES (?, length(?) << 32 | ?)',
  )
  const insert = db.prepare<[string, number]>(
    'INSERT INTO titles_text (rowid, title) SELECT place, ? FROM title_places WHERE paper = ?',
  )
  const remove = db.prepare<[number]>(
    'DELETE FROM titles_text WHERE rowid = (SELECT place FROM title_places WHERE paper = ?)',
  )
  const leave = db.prepare<[number]>('DELETE FROM title_places WHERE paper = ?')
  // FTS5 walks its matches by rowid, so that a short answer is short work however many titles match.
  const find = db
    .prepare<[string, number], number>(
      'SELECT rowid & 0xffffffff FROM titles_text WHERE titles_text MATCH ? ORDER BY rowid LIMIT ?',
    )
    .pluck()

  const matches = (query: string): boolean => find.get(query, 1) !== undefined

  /** The nearest words that titles hold, where none holds the word itself. */
  function wordQuery(word: string, suffix: '' | '*'): string {
    const asTyped = `"${word}"${suffix}`
    if (matches(asTyped)) return asTyped
    const held = vocabulary.nearest(foldedWord(word)).filter((other) => matches(`"${other}"`))
    const spellings = held.sort().slice(0, MAX_SPELLINGS)
    return spellings.length === 0 ? asTyped : `(${spellings.map((other) => `"${other}"`).join(' OR ')})`
  }

  function drop(key: number): void {
    remove.run(key)
    leave.run(key)
  }

  return {
    /** Inside a transaction. */
    replace: (key: number, title: string): void => {
      const spaced = spacedText(title)
      drop(key)
      place.run(key, spaced, key)
      insert.run(spaced, key)
    },
    /** Inside a transaction. */
    drop,
    /** Keys of papers whose title goes on from what was typed. */
    suggest: (text: string, limit: number): number[] => {
      const words = titleWords(text).slice(0, MAX_WORDS)
      if (words.length === 0) return []
      const query = words.map((word, at) => wordQuery(word, at === words.length - 1 ? '*' : ''))
      return find.all(query.join(' AND '), limit)
    },
  }
}

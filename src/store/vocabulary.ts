import type { Database } from 'better-sqlite3'
import { editDistance } from '../domain/edit-distance.ts'
import { isPlainWord, plainWords } from '../domain/terms.ts'

/** Words kept in memory for comparing, about 60 bytes each; later ones of a larger library are no corrections. */
const MAX_WORDS = 500_000

/** From this length on a word may begin with another letter than what was meant. */
const MIN_FOREIGN_START = 6

/** Words of one length. `letters` holds for each word a bit for each letter that is in it. */
interface Shelf {
  readonly words: string[]
  readonly letters: number[]
}

interface Near {
  readonly word: string
  readonly edits: number
}

function letterBits(word: string): number {
  let bits = 0
  for (let at = 0; at < word.length; at += 1) bits |= 1 << (word.charCodeAt(at) & 31)
  return bits
}

function countBits(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555)
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333)
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Hardly anybody mistakes the first letter and one more, and short words differ by it too often. */
function limitOf(word: string, other: string, distance: number): number {
  if (other.charCodeAt(0) === word.charCodeAt(0)) return distance
  return word.length < MIN_FOREIGN_START ? 0 : 1
}

/** How far a word may be from what was meant: short words have too many neighbours. Null where it is never corrected. */
function reach(word: string): number | null {
  if (!isPlainWord(word) || word.length < 4) return null
  return word.length < 8 ? 1 : 2
}

/**
 * Every word that was ever written, as it was spelled (the text index knows stems only). It only grows, so that what
 * is in memory stays right and a later look reads what came since; who takes a word from here asks the text index
 * whether a paper still holds it.
 */
export function createVocabulary(db: Database) {
  const insert = db.prepare<[string]>('INSERT OR IGNORE INTO words (word) SELECT value FROM json_each(?)')
  const since = db.prepare<[number, number], { id: number; word: string }>(
    'SELECT id, word FROM words WHERE id > ? ORDER BY id LIMIT ?',
  )
  const holds = db.prepare<[string], number>('SELECT 1 FROM words WHERE word = ?').pluck()
  const shelves = new Map<number, Shelf>()
  let [last, size] = [0, 0]

  function follow(): void {
    for (const { id, word } of since.iterate(last, MAX_WORDS - size)) {
      const shelf = shelves.get(word.length) ?? { words: [], letters: [] }
      shelves.set(word.length, shelf)
      shelf.words.push(word)
      shelf.letters.push(letterBits(word))
      last = id
      size += 1
    }
  }

  /** Of one shelf, what is near. An edit changes at most two of the bits, so most words are never compared. */
  function nearOn({ words, letters }: Shelf, word: string, distance: number): Near[] {
    const found: Near[] = []
    const bits = letterBits(word)
    for (let at = 0; at < words.length; at += 1) {
      if (countBits((letters[at] ?? 0) ^ bits) > 2 * distance) continue
      const other = words[at] ?? ''
      const limit = limitOf(word, other, distance)
      const edits = editDistance(word, other, limit)
      if (edits > 0 && edits <= limit) found.push({ word: other, edits })
    }
    return found
  }

  function near(word: string, distance: number): Near[] {
    const lengths = Array.from({ length: 2 * distance + 1 }, (_, at) => word.length - distance + at)
    return lengths.flatMap((length) => {
      const shelf = shelves.get(length)
      return shelf ? nearOn(shelf, word, distance) : []
    })
  }

  return {
    /** Inside a transaction. */
    note: (text: string) => insert.run(JSON.stringify(plainWords(text))),
    has: (word: string): boolean => holds.get(word) !== undefined,
    /** The words nearest to one, all of the same distance; none where it is no word that can be mistyped. */
    nearest: (word: string): string[] => {
      const distance = reach(word)
      if (distance === null) return []
      follow()
      const found = near(word, distance)
      const least = Math.min(...found.map(({ edits }) => edits))
      return found.filter(({ edits }) => edits === least).map((other) => other.word)
    },
  }
}
export type Vocabulary = ReturnType<typeof createVocabulary>

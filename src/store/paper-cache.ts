import type { Database } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import type { Paper } from '../domain/paper.ts'
import type { StoredPaper } from '../domain/ports.ts'
import type { Generations } from './generation.ts'
import { createRowReader, PAPER_COLUMNS, type PaperRow } from './rows.ts'
import { guarded } from './sqlite-errors.ts'
import { inTurns } from './turns.ts'

interface Entry {
  readonly document: string
  readonly textHash: string
  readonly stored: StoredPaper
  /** The generation at which the row was last seen to be the stored one. */
  checked: number
}

/** What an entry holds beside its text: the objects of a parsed paper, and the cache's own. */
const OVERHEAD_BYTES = 1_000
/** A text that is kept twice, as JSON and parsed; two bytes a character where any is beyond Latin-1. */
const BYTES_A_CHARACTER = 2.5

/** Shared by all who ask for the paper, so nobody may change it. */
function freeze(paper: Paper): Paper {
  for (const value of Object.values(paper)) Object.freeze(value)
  return Object.freeze(paper)
}

interface Options {
  readonly generations: Generations
  /** Memory for papers, in bytes (an estimate); 0 keeps none. */
  readonly budget: number
}

/** How full the memory may be read ahead; what is asked for then finds room. */
const READ_AHEAD_SHARE = 0.9
/** Papers read ahead at a time: between two reads other work gets its turn. */
const READ_AHEAD = 64

/**
 * Papers by key, those asked for last in memory. Within a generation an entry is right; after it the row's own text
 * tells, which costs the query but not the parsing.
 */
export function createPaperCache(db: Database, { generations, budget }: Options) {
  const toStored = createRowReader(db)
  const select = db.prepare<[number], PaperRow>(`SELECT ${PAPER_COLUMNS} FROM papers WHERE key = ?`)
  const selectBefore = db.prepare<[number], PaperRow>(
    `SELECT ${PAPER_COLUMNS} FROM papers WHERE key < ? ORDER BY key DESC LIMIT ${READ_AHEAD}`,
  )
  const maxSize = Math.max(1, budget)
  const entries = new LRUCache<number, Entry>({
    maxSize,
    sizeCalculation: ({ document }) => OVERHEAD_BYTES + Math.ceil(document.length * BYTES_A_CHARACTER),
  })

  function keep(row: PaperRow, generation: number): StoredPaper {
    const stored = toStored(row)
    freeze(stored.paper)
    entries.set(row.key, { document: row.document, textHash: row.text_hash, stored, checked: generation })
    return stored
  }

  function load(key: number, generation: number): StoredPaper | null {
    const row = select.get(key)
    const entry = entries.get(key)
    if (!row) {
      entries.delete(key)
      return null
    }
    if (entry && entry.document === row.document && entry.textHash === row.text_hash) {
      entry.checked = generation
      return entry.stored
    }
    return keep(row, generation)
  }

  /** The next papers before a key that are not in memory yet, into it; the last of them, or null where no more fit or are. */
  function readBefore(key: number): number | null {
    const generation = generations.lately()
    const rows = selectBefore.all(key)
    for (const row of rows) {
      if (entries.has(row.key)) continue
      keep(row, generation)
      if (entries.calculatedSize > maxSize * READ_AHEAD_SHARE) return null
    }
    return rows.at(-1)?.key ?? null
  }

  return {
    byKey: (key: number, generation = generations.lately()): StoredPaper | null => {
      // Which was asked for last counts only where room is scarce, and noting it takes longer than the look.
      const isRoomy = entries.calculatedSize <= maxSize * READ_AHEAD_SHARE
      const entry = isRoomy ? entries.peek(key) : entries.get(key)
      return entry?.checked === generation ? entry.stored : load(key, generation)
    },
    /** Fills the memory with papers, the newest first, in turns with other work; ends where the signal says so. */
    async readAhead(signal: AbortSignal): Promise<void> {
      let before: number | null = budget > 0 ? Number.MAX_SAFE_INTEGER : null
      const step = (): boolean => {
        if (before !== null) before = readBefore(before)
        return before !== null
      }
      await inTurns(() => guarded(step), signal)
    },
  }
}
export type PaperCache = ReturnType<typeof createPaperCache>

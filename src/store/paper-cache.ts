import type { Database } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import type { Paper } from '../domain/paper.ts'
import type { StoredPaper } from '../domain/ports.ts'
import type { Generations } from './generation.ts'
import type { PaperChanges } from './paper-changes.ts'
import { createRowReader, PAPER_COLUMNS, type PaperRow } from './rows.ts'
import { guarded } from './sqlite-errors.ts'
import { inTurns } from './turns.ts'

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
  readonly paperChanges: PaperChanges
  /** Memory for papers, in bytes (an estimate); 0 keeps none. */
  readonly budget: number
}

/** How full the memory may be read ahead; what is asked for then finds room. */
const READ_AHEAD_SHARE = 0.9
/** Papers read ahead at a time: between two reads other work gets its turn. */
const READ_AHEAD = 64

/**
 * Papers by key, those asked for last in memory. What was written since the last look, also by another process, is
 * forgotten first, so a write costs those who ask nothing but the papers that it changed.
 */
export function createPaperCache(db: Database, { generations, paperChanges, budget }: Options) {
  const toStored = createRowReader(db)
  const select = db.prepare<[number], PaperRow>(`SELECT ${PAPER_COLUMNS} FROM papers WHERE key = ?`)
  const selectBefore = db.prepare<[number], PaperRow>(
    `SELECT ${PAPER_COLUMNS} FROM papers WHERE key < ? ORDER BY key DESC LIMIT ${READ_AHEAD}`,
  )
  const maxSize = Math.max(1, budget)
  const entries = new LRUCache<number, StoredPaper>({
    maxSize,
    sizeCalculation: ({ json }) => OVERHEAD_BYTES + Math.ceil(json.length * BYTES_A_CHARACTER),
  })
  /** What is in memory is that of this generation, or of a later one. */
  let followed = generations.current()

  function follow(generation: number): void {
    if (generation === followed) return
    const { keys } = paperChanges.after(followed)
    if (keys) for (const key of keys) entries.delete(key)
    else entries.clear()
    followed = generation
  }

  function keep(row: PaperRow): StoredPaper {
    const stored = toStored(row)
    freeze(stored.paper)
    entries.set(row.key, stored)
    return stored
  }

  /** The next papers before a key that are not in memory yet, into it; the last of them, or null where no more fit or are. */
  function readBefore(key: number): number | null {
    follow(generations.lately())
    const rows = selectBefore.all(key)
    for (const row of rows) {
      if (entries.has(row.key)) continue
      keep(row)
      if (entries.calculatedSize > maxSize * READ_AHEAD_SHARE) return null
    }
    return rows.at(-1)?.key ?? null
  }

  return {
    byKey: (key: number, generation = generations.lately()): StoredPaper | null => {
      follow(generation)
      // Which was asked for last counts only where room is scarce, and noting it takes longer than the look.
      const isRoomy = entries.calculatedSize <= maxSize * READ_AHEAD_SHARE
      const known = isRoomy ? entries.peek(key) : entries.get(key)
      if (known) return known
      const row = select.get(key)
      return row ? keep(row) : null
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

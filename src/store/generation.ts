import type { Database } from 'better-sqlite3'

/** How many generations the journal reaches back; an index that is further behind reads all vectors again. */
const JOURNAL_REACH = 10_000

/** The counter of committed writes, and the journals of what each did to the vectors and texts. */
export function createGenerations(db: Database) {
  const read = db.prepare<[], number>("SELECT value FROM meta WHERE name = 'generation'").pluck()
  const bump = db
    .prepare<[], number>("UPDATE meta SET value = value + 1 WHERE name = 'generation' RETURNING value")
    .pluck()
  const prune = db.prepare<[number]>('DELETE FROM journal WHERE generation <= ?')
  const pruneTexts = db.prepare<[number]>('DELETE FROM text_changes WHERE generation <= ?')
  const note = db.prepare<[number, number, number]>('INSERT INTO journal (generation, label, removed) VALUES (?, ?, ?)')
  const identity = db.prepare<[], string>("SELECT value FROM meta WHERE name = 'database_id'").pluck()

  let seen: number | undefined
  const current = (): number => {
    const now = read.get() ?? 0
    if (seen !== undefined) seen = now
    return now
  }
  const forget = () => {
    seen = undefined
  }

  return {
    databaseId: identity.get() ?? '',
    current,
    /**
     * The same, read once in a turn of the event loop: what this process writes shows at once, what another one writes
     * in the next turn. A request asks several times.
     */
    lately: (): number => {
      if (seen === undefined) {
        seen = current()
        setImmediate(forget).unref()
      }
      return seen
    },
    /** After a write by another connection of this process. */
    forget,
    /** The oldest generation that `changesAfter` can start from. */
    reachesBackTo: (): number => Math.max(0, (read.get() ?? 0) - JOURNAL_REACH),
    /** Inside a transaction: the generation that this write makes. */
    advance: (): number => {
      forget()
      const generation = bump.get() ?? 0
      prune.run(generation - JOURNAL_REACH)
      pruneTexts.run(generation - JOURNAL_REACH)
      return generation
    },
    noteAdded: (generation: number, label: number) => note.run(generation, label, 0),
    noteRemoved: (generation: number, label: number) => note.run(generation, label, 1),
  }
}
export type Generations = ReturnType<typeof createGenerations>

import type { Database } from 'better-sqlite3'
import type { NewSentences, PaperStore, StoreStats, WriteBatch } from '../domain/ports.ts'
import { createCitationKeys } from './citation-keys.ts'
import { createGenerations } from './generation.ts'
import type { PaperRow } from './rows.ts'
import { createSearchText } from './search-text.ts'
import { createSentences } from './sentences.ts'
import { guarded } from './sqlite-errors.ts'
import { createStats } from './stats.ts'
import { dropFaultyVectors } from './vector-faults.ts'
import { createVectors, type Space } from './vectors.ts'
import { cutWal } from './wal.ts'
import { createWriter } from './write.ts'

/** A space that another thread can be told. */
export type PlainSpace = Omit<Space, 'isWord'>

type NewVectors = Parameters<PaperStore['addVectors']>[0]

/** What holds up whoever asks meanwhile: every write, and what reads every paper. */
export function createSlowWork(db: Database, dir: string, space: PlainSpace) {
  const generations = createGenerations(db)
  const vectors = createVectors(db, space, generations)
  const searchText = createSearchText(db, { generation: generations.current, isWord: () => false })
  const shape = { fingerprint: vectors.number, dimension: space.dimension }
  const sentences = createSentences(db, shape)
  const writer = createWriter(db, { generations, vectors, searchText, citations: createCitationKeys(db) })
  const stats = createStats(db, space, { vectors: vectors.count, sentences: sentences.counts })
  return {
    write: (batch: WriteBatch): { generation: number } | null => writer.write(batch),
    remove: (key: number): boolean => writer.remove(key),
    missingVectors: (limit: number): PaperRow[] => vectors.missing(limit),
    addVectors: (added: NewVectors): void => writer.addVectors(added),
    dropFaultyVectors: (): void => void db.transaction(() => dropFaultyVectors(db)).immediate(),
    dropForeignVectors: (): void => {
      vectors.dropForeign()
      sentences.dropForeign()
    },
    missingSentences: (limit: number): PaperRow[] => sentences.missing(limit, generations.current()),
    addSentences: (batch: readonly NewSentences[]): void => sentences.add(batch),
    noteSentenceFailure: (failed: Pick<NewSentences, 'key' | 'textHash'>): boolean => sentences.noteFailure(failed),
    retrySentences: (): void => sentences.retry(),
    stats: (): StoreStats => stats(generations.current()),
    cutWal: (): void => cutWal(db, dir),
  }
}
export type SlowWork = ReturnType<typeof createSlowWork>
export type SlowName = keyof SlowWork

/** Runs one piece of it, here or on another thread. */
export interface SlowRunner {
  run<Name extends SlowName>(name: Name, ...given: Parameters<SlowWork[Name]>): Promise<ReturnType<SlowWork[Name]>>
  /** Resolves when nothing of it is under way any more. */
  close(): Promise<void>
}

/** Typed by name once: who calls is checked by `SlowRunner`. */
export const runByName = (work: SlowWork, name: SlowName, given: readonly unknown[]): unknown =>
  (work[name] as (...given: readonly unknown[]) => unknown)(...given)

/** In turn with everything else of this thread. */
export const slowWorkHere = (work: SlowWork): SlowRunner => ({
  // What comes back is what the function of that name gives.
  run: async <Name extends SlowName>(name: Name, ...given: Parameters<SlowWork[Name]>) =>
    guarded(() => runByName(work, name, given)) as ReturnType<SlowWork[Name]>,
  close: async () => undefined,
})

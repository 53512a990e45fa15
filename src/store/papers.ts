import type { PaperStore } from '../domain/ports.ts'
import { createGenerations } from './generation.ts'
import { createListing } from './list-papers.ts'
import { type OpenOptions, openDatabase } from './open.ts'
import { createPaperReads } from './read-papers.ts'
import { createSearchText } from './search-text.ts'
import { guarded } from './sqlite-errors.ts'
import { createStats } from './stats.ts'
import { createVectors, type Space } from './vectors.ts'
import { createWriter } from './write.ts'

/** SQLite answers at once; only its errors have to become ours. */
const run = async <T>(work: () => T): Promise<T> => guarded(work)

/** Opens the store of an index folder: SQLite, the only truth. `space` says whose vectors are looked at. */
export function openPaperStore(options: OpenOptions, space: Space): PaperStore {
  const db = openDatabase(options)
  const generations = createGenerations(db)
  const vectors = createVectors(db, space, generations)
  const searchText = createSearchText(db)
  const reads = createPaperReads(db, vectors.number)
  const writer = createWriter(db, { generations, vectors, searchText })
  const listing = createListing(db)
  const stats = createStats(db, space, vectors.count)

  return {
    databaseId: generations.databaseId,
    generation: () => guarded(generations.current),
    // The generation is read first: what is committed meanwhile then comes again with the journal, never too late.
    allVectors: () =>
      guarded(() => ({ generation: generations.current(), count: vectors.count(), vectors: vectors.scan() })),
    changesAfter: (generation) => guarded(() => vectors.changesAfter(generation)),
    get: (references) => run(() => references.map(reads.byReference)),
    byKeys: (keys) => run(() => keys.flatMap((key) => reads.byKey(key) ?? [])),
    findByAlias: (aliases) => run(() => reads.firstOf(aliases)),
    list: (request) => run(() => listing(request)),
    everything: reads.everything,
    lexical: (terms, limit) => run(() => searchText.search(terms, limit)),
    termsIn: (key, terms) => run(() => searchText.termsIn(key, terms)),
    write: (batch) => run(() => writer.write(batch)),
    missingVectors: (limit) => run(() => reads.missingVectors(limit)),
    addVectors: (added) => run(() => writer.addVectors(added)),
    dropForeignVectors: () => run(() => void vectors.dropForeign()),
    remove: (reference) => run(() => writer.remove(reads.byReference(reference)?.key)),
    stats: () => run(() => stats(generations.current())),
    close: async () => void db.close(),
  }
}

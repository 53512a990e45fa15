import type { PaperStore } from '../domain/ports.ts'
import { createValueCounts } from './count-values.ts'
import { createGenerations } from './generation.ts'
import { createHighlighter } from './highlight.ts'
import { createListing } from './list-papers.ts'
import { type OpenOptions, openDatabase } from './open.ts'
import { createPaperReads } from './read-papers.ts'
import { createSearchText } from './search-text.ts'
import { createSelections } from './selections.ts'
import { createSentenceCache } from './sentence-cache.ts'
import { createSentences } from './sentences.ts'
import { guarded } from './sqlite-errors.ts'
import { createStats } from './stats.ts'
import { createVectors, type Space } from './vectors.ts'
import { createWriter } from './write.ts'

/** SQLite answers at once; only its errors have to become ours. */
const run = async <T>(work: () => T): Promise<T> => guarded(work)

/** Opens the store of an index folder: SQLite, the only truth. `space` says whose vectors are looked at. */
export function openPaperStore(options: OpenOptions, space: Space): PaperStore {
  const db = openDatabase(options)
  const { evidence = true } = options
  const generations = createGenerations(db)
  const vectors = createVectors(db, space, generations)
  const searchText = createSearchText(db, { generation: generations.current, isWord: space.isWord ?? (() => false) })
  const selections = createSelections(db, generations)
  const countValues = createValueCounts(db, searchText)
  const highlighter = createHighlighter()
  const reads = createPaperReads(db, vectors.number)
  const writer = createWriter(db, { generations, vectors, searchText })
  const listing = createListing(db)
  const shape = { fingerprint: vectors.number, dimension: space.dimension }
  const sentences = createSentences(db, { ...shape, cache: createSentenceCache(db, { ...shape, generations }) })
  const stats = createStats(db, space, { vectors: vectors.count, sentences: sentences.counts })

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
    lexical: (terms, limit, within) => run(() => searchText.search(terms, limit, within)),
    matching: (filter) => run(() => selections(filter)),
    countValues: (fields, limit, scope) => run(() => countValues({ fields, limit, scope })),
    suggest: (text, limit) => run(() => searchText.suggest(text, limit).flatMap((key) => reads.byKey(key) ?? [])),
    termsIn: (key, terms) => run(() => searchText.termsIn(key, terms)),
    highlights: (texts, terms) => run(() => highlighter.mark(texts, searchText.corrected(terms))),
    write: (batch) => run(() => writer.write(batch)),
    missingVectors: (limit) => run(() => reads.missingVectors(limit)),
    addVectors: (added) => run(() => writer.addVectors(added)),
    missingSentences: (limit) => run(() => (evidence ? sentences.missing(limit) : [])),
    lacksSentences: () => evidence && guarded(() => sentences.lacking(generations.current())),
    addSentences: (batch) => run(() => sentences.add(batch)),
    noteSentenceFailure: (failed) => run(() => sentences.noteFailure(failed)),
    retrySentences: () => run(() => sentences.retry()),
    sentenceVectors: (keys) => run(() => (evidence ? sentences.read(keys) : new Map())),
    dropForeignVectors: () =>
      run(() => {
        vectors.dropForeign()
        sentences.dropForeign()
      }),
    remove: (reference) => run(() => writer.remove(reads.byReference(reference)?.key)),
    stats: () => run(() => stats(generations.current())),
    close: async () => {
      highlighter.close()
      db.close()
    },
  }
}

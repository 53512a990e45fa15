import type { Database } from 'better-sqlite3'
import type { PaperStore } from '../domain/ports.ts'
import { createCitationKeys, createSeal } from './citation-keys.ts'
import { createValueCounts } from './count-values.ts'
import { withoutSentences } from './found-sentences.ts'
import { createGenerations } from './generation.ts'
import { createHighlighter } from './highlight.ts'
import { createLexicalIndex } from './lexical-index.ts'
import { createListing } from './list-papers.ts'
import { type OpenOptions, openDatabase } from './open.ts'
import { createPaperCache } from './paper-cache.ts'
import { createPhrases } from './phrases.ts'
import { createPaperReads } from './read-papers.ts'
import { createSearchText } from './search-text.ts'
import { createSelections } from './selections.ts'
import { SentenceCache } from './sentence-cache.ts'
import { createSentences } from './sentences.ts'
import { guarded, guardedRows } from './sqlite-errors.ts'
import { createStats } from './stats.ts'
import { createTurns } from './turns.ts'
import { dropFaultyVectors } from './vector-faults.ts'
import { createVectors, type Space } from './vectors.ts'
import { commitAhead, followWal, keepWalSmall, syncLog } from './wal.ts'
import { createWriter } from './write.ts'

/** SQLite answers at once; only its errors have to become ours. */
const run = async <T>(work: () => T): Promise<T> => guarded(work)

/** A smaller library is searched as fast by FTS5; a thread and its memory would be spent on nothing. */
const LEXICAL_FROM = 1_000

/** Where nobody says otherwise: some 20,000 papers. */
const PAPER_CACHE_BYTES = 128 * 1024 * 1024

/** Opens the store of an index folder: SQLite, the only truth. `space` says whose vectors are looked at. */
export function openPaperStore(options: OpenOptions, space: Space): PaperStore {
  const db = openDatabase(options)
  try {
    return guarded(() => storeOver(db, options, space))
  } catch (error) {
    db.close()
    throw error
  }
}

function storeOver(db: Database, options: OpenOptions, space: Space): PaperStore {
  const {
    dir,
    evidence = true,
    readOnly = false,
    follows = false,
    lexicalFrom = LEXICAL_FROM,
    paperCacheBytes = PAPER_CACHE_BYTES,
  } = options
  const generations = createGenerations(db)
  const vectors = createVectors(db, space, generations)
  // For one question the text index is not read as a whole.
  const isServer = !readOnly || follows
  const from = isServer ? lexicalFrom : Number.POSITIVE_INFINITY
  const lexical = createLexicalIndex(db, { generations, from })
  const searchText = createSearchText(db, {
    generation: generations.current,
    isWord: space.isWord ?? (() => false),
    lexical,
  })
  const phrases = createPhrases(db)
  const selections = createSelections(db, generations)
  const countValues = createValueCounts(db, searchText)
  const highlighter = createHighlighter()
  const byKey = createPaperCache(db, { generations, budget: paperCacheBytes })
  const byKeys = (keys: readonly number[]) => {
    const generation = generations.lately()
    return keys.flatMap((key) => byKey(key, generation) ?? [])
  }
  const reads = createPaperReads(db, { generations, fingerprint: vectors.number, byKey })
  const citations = createCitationKeys(db)
  const seal = createSeal(db)
  const writer = createWriter(db, { generations, vectors, searchText, citations })
  const listing = createListing(db)
  const shape = { fingerprint: vectors.number, dimension: space.dimension }
  const cache = new SentenceCache(db, { ...shape, generations })
  const sentences = createSentences(db, { ...shape, cache })
  const ahead = createTurns(() => cache.readAhead())
  const log = readOnly ? [] : [keepWalSmall(db, dir), followWal(db)]
  const stats = createStats(db, space, { vectors: vectors.count, sentences: sentences.counts })

  return {
    databaseId: generations.databaseId,
    generation: () => guarded(generations.lately),
    // The generation is read first: what is committed meanwhile then comes again with the journal, never too late.
    allVectors: () =>
      guarded(() => ({
        generation: generations.current(),
        count: vectors.count(),
        vectors: guardedRows(vectors.scan()),
      })),
    changesAfter: (generation) => guarded(() => vectors.changesAfter(generation)),
    get: (references) => run(() => references.map(reads.byReference)),
    byKeys: (keys) => run(() => byKeys(keys)),
    findByAlias: (aliases) => run(() => reads.firstOf(aliases)),
    citationKeys: (keys) => run(() => citations.ofPapers(keys)),
    findByCitationKeys: (given) => run(() => given.map((each) => reads.byReference(citations.idOf(each) ?? ''))),
    seal,
    list: (request) => run(() => listing(request)),
    everything: reads.everything,
    lexical: (terms, limit, within) => run(() => searchText.search(terms, limit, within)),
    frequencies: (terms) => run(() => searchText.frequencies(terms)),
    holding: (given, limit) => run(() => phrases(given, limit)),
    matching: (filter) => run(() => selections(filter)),
    countValues: (fields, limit, scope) => run(() => countValues({ fields, limit, scope })),
    suggest: (text, limit) => run(() => byKeys(searchText.suggest(text, limit))),
    termsIn: (key, terms) => run(() => searchText.termsIn(key, terms)),
    highlights: (texts, terms) => run(() => highlighter.mark(texts, searchText.corrected(terms))),
    write: async (batch) => {
      const written = await run(() => commitAhead(db, () => writer.write(batch)))
      if (written) await syncLog(dir)
      return written
    },
    missingVectors: (limit) => run(() => reads.missingVectors(limit)),
    addVectors: (added) => run(() => writer.addVectors(added)),
    missingSentences: (limit) => run(() => (evidence ? sentences.missing(limit) : [])),
    lacksSentences: () => evidence && guarded(() => sentences.lacking(generations.lately())),
    addSentences: (batch) => run(() => sentences.add(batch)),
    noteSentenceFailure: (failed) => run(() => sentences.noteFailure(failed)),
    retrySentences: () => run(() => sentences.retry()),
    compareSentences: (vector, keys) => {
      if (!evidence) return run(() => withoutSentences(keys.length))
      if (isServer) ahead.start()
      return run(() => sentences.compare(vector, keys))
    },
    dropFaultyVectors: () => run(() => void db.transaction(() => dropFaultyVectors(db)).immediate()),
    dropForeignVectors: () =>
      run(() => {
        vectors.dropForeign()
        sentences.dropForeign()
      }),
    remove: (reference) => run(() => writer.remove(reads.byReference(reference)?.key)),
    stats: () => run(() => stats(generations.current())),
    close: async () => {
      ahead.stop()
      for (const keeper of log) await keeper.close()
      highlighter.close()
      await lexical.close()
      db.close()
    },
  }
}

import type { Database } from 'better-sqlite3'
import { readKernels } from '../disk/kernel.ts'
import { nativeKernels } from '../disk/native-kernels.ts'
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
import { createPaperChanges } from './paper-changes.ts'
import { createPhrases } from './phrases.ts'
import { createPaperReads } from './read-papers.ts'
import { createSearchText } from './search-text.ts'
import { createSelections } from './selections.ts'
import { SentenceCache } from './sentence-cache.ts'
import { createSentences } from './sentences.ts'
import { createSlowWork, type SlowRunner, slowWorkHere } from './slow-work.ts'
import { slowWorkAside } from './slow-work-thread.ts'
import { guarded, guardedRows } from './sqlite-errors.ts'
import { inTurns } from './turns.ts'
import { createVectors, type Space } from './vectors.ts'
import { keepWalSmall } from './wal.ts'

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
    aside = false,
    lexicalFrom = LEXICAL_FROM,
    paperCacheBytes = PAPER_CACHE_BYTES,
  } = options
  const generations = createGenerations(db)
  const vectors = createVectors(db, space, generations)
  // For one question the text index is not read as a whole.
  const isServer = !readOnly || follows
  if (isServer) readKernels(['#sentence-kernel', '#score-kernel'])
  const from = isServer ? lexicalFrom : Number.POSITIVE_INFINITY
  const paperChanges = createPaperChanges(db, generations)
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
  const { byKey, readAhead } = createPaperCache(db, { generations, paperChanges, budget: paperCacheBytes })
  const byKeys = (keys: readonly number[]) => {
    const generation = generations.lately()
    return keys.flatMap((key) => byKey(key, generation) ?? [])
  }
  const reads = createPaperReads(db, { generations, fingerprint: vectors.number, byKey })
  const citations = createCitationKeys(db)
  const seal = createSeal(db)
  const listing = createListing(db)
  const shape = { fingerprint: vectors.number, dimension: space.dimension }
  const sentences = createSentences(db, shape)
  const sentenceCache = new SentenceCache(db, { ...shape, generations })
  const closing = new AbortController()
  let sentencesAhead: Promise<void> | null = null
  // A convenience that nothing depends on: the first failure ends it.
  const readSentencesAhead = () => {
    sentencesAhead ??= inTurns(() => sentenceCache.readAhead(), closing.signal).catch(() => undefined)
  }
  const slow = aside && !readOnly ? slowWorkAside(dir, space) : slowWorkHere(createSlowWork(db, dir, space))
  const changing: SlowRunner['run'] = async (...asked) => {
    try {
      return await slow.run(...asked)
    } finally {
      generations.forget()
    }
  }
  const log = readOnly ? null : keepWalSmall(dir, () => void slow.run('cutWal').catch(() => undefined))

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
    papersChangedAfter: (generation) => guarded(() => paperChanges.after(generation).keys),
    get: (references) => run(() => references.map(reads.byReference)),
    byKeys: (keys) => run(() => byKeys(keys)),
    readAhead,
    getAtOnce: (reference) => guarded(() => reads.byReference(reference)),
    byKeyAtOnce: (key) => guarded(() => byKey(key)),
    findByAlias: (aliases) => run(() => reads.firstOf(aliases)),
    keyByAlias: (aliases) => guarded(() => reads.keyOfFirst(aliases)),
    citationKeys: (keys) => run(() => citations.ofPapers(keys)),
    findByCitationKeys: (given) => run(() => given.map((each) => reads.byReference(citations.idOf(each) ?? ''))),
    seal,
    list: (request) => run(() => listing(request)),
    everything: reads.everything,
    lexical: (terms, limit, within) => guarded(() => searchText.search(terms, { limit, within })),
    lexicalAtOnce: (terms, limit, within) =>
      guarded(() => searchText.search(terms, { limit, within, generation: generations.lately() })),
    frequencies: (terms) => run(() => searchText.frequencies(terms)),
    holding: (given, limit) => run(() => phrases(given, limit)),
    matching: (filter) => run(() => selections(filter)),
    matchingAtOnce: (filter) => guarded(() => selections(filter)),
    countValues: (fields, limit, scope) => run(() => countValues({ fields, limit, scope })),
    suggest: (text, limit) => run(() => byKeys(searchText.suggest(text, limit))),
    termsIn: (key, terms) => guarded(() => searchText.termsIn(key, terms)),
    highlights: (texts, terms) => run(() => highlighter.mark(texts, searchText.corrected(terms))),
    write: (batch) => changing('write', batch),
    missingVectors: async (limit) => (await slow.run('missingVectors', limit)).map(reads.toStored),
    addVectors: (added) => changing('addVectors', added),
    missingSentences: async (limit) =>
      evidence ? (await slow.run('missingSentences', limit)).map(reads.toStored) : [],
    lacksSentences: () => evidence && guarded(() => sentences.lacking(generations.lately())),
    addSentences: (batch) => slow.run('addSentences', batch),
    noteSentenceFailure: (failed) => slow.run('noteSentenceFailure', failed),
    retrySentences: () => slow.run('retrySentences'),
    expectSentences: () => nativeKernels?.expectWork(),
    compareSentences: (vector, keys, titles) => {
      if (!evidence) return withoutSentences(keys)
      if (isServer) readSentencesAhead()
      return guarded(() => sentenceCache.compare(vector, keys, titles))
    },
    dropFaultyVectors: () => changing('dropFaultyVectors'),
    dropForeignVectors: () => changing('dropForeignVectors'),
    remove: async (reference) => {
      const found = guarded(() => reads.byReference(reference))
      return found !== null && changing('remove', found.key)
    },
    stats: () => slow.run('stats'),
    close: async () => {
      closing.abort()
      await sentencesAhead
      log?.close()
      await slow.close()
      highlighter.close()
      await lexical.close()
      db.close()
    },
  }
}

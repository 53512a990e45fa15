import type { KindredError } from './errors.ts'
import type { FacetValue } from './facets.ts'
import type { Filter, FilterField } from './filter-tree.ts'
import type { Paper } from './paper.ts'
import type { ListPapersRequest, PaperPage } from './query.ts'

/** What a source yields: a candidate record, not yet validated, or what is wrong at that line. Lines count from 1. */
export type SourceItem =
  | { readonly source: string; readonly line: number; readonly record: unknown }
  | { readonly source: string; readonly line: number; readonly error: KindredError }

/** A vector of the store. `label` is given once and never again; a changed abstract gets a new label. */
export interface StoredVector {
  readonly label: number
  /** The paper's key. */
  readonly key: number
  readonly vector: Float32Array
}

export interface VectorChanges {
  readonly generation: number
  /** False where the journal no longer reaches back that far: read all vectors again. */
  readonly complete: boolean
  readonly added: readonly StoredVector[]
  readonly removed: readonly number[]
}

/** The truth that a vector index is derived from. */
export interface VectorSource {
  /** Tells one database from another; the same for its whole life. */
  readonly databaseId: string
  /** Grows with every committed write; one of another process may show in the next turn of the event loop only. */
  generation(): number
  /** Every vector of one generation, in batches, ordered by label. */
  allVectors(): { readonly generation: number; readonly count: number; readonly vectors: Iterable<StoredVector> }
  changesAfter(generation: number): VectorChanges
}

export interface Provenance {
  /** The file (or `api`) that said it. */
  readonly source: string
  /** SHA-256 of the record as the source gave it. */
  readonly recordHash: string
}

export interface StoredPaper {
  /** The store's own number of the paper, never reused. */
  readonly key: number
  /** Shared with others who ask for it: do not change it. */
  readonly paper: Paper
  /** The same as JSON. */
  readonly json: string
  /** SHA-256 of the text that its vector stands for. */
  readonly textHash: string
  /** Where the form is kept that it was written in last: `shape` tells forms apart. */
  written?: { readonly shape: object; readonly place: number } | undefined
  /** Every id it can be asked for by: its own, and those that other sources gave it. */
  readonly ids: readonly string[]
  readonly provenance: readonly Provenance[]
}

/** One paper to be written, whole. */
export interface PaperChange {
  /** Null for a new paper. */
  readonly key: number | null
  readonly paper: Paper
  readonly textHash: string
  /** Null keeps the vector that the paper has. */
  readonly vector: Float32Array | null
  /** Title and abstract as the text index shall see them (markup cleaned). */
  readonly searchText: { readonly title: string; readonly abstract: string }
  /** `id:…`, `arxiv:…`, `doi:…`, `title:…`; one that another paper holds already stays there. */
  readonly aliases: readonly string[]
  readonly provenance: readonly Provenance[]
}

export interface WriteBatch {
  readonly changes: readonly PaperChange[]
  /** The generation that the changes were planned against. */
  readonly expectedGeneration: number
  /** Names the run of ingest; a source's records of former runs are forgotten when it changes a paper. */
  readonly run: string
}

export interface LexicalMatch {
  readonly key: number
  /** BM25, higher is better. */
  readonly bm25: number
}

/** The papers that a filter matches in one generation. */
export interface Selection {
  readonly filter: Filter
  readonly size: number
  has(key: number): boolean
  /** In ascending order. */
  keys(): Iterable<number>
}

/** Which papers are counted: those that hold any of the terms, and those of the selection; all where neither is given. */
export interface CountScope {
  readonly terms?: readonly string[] | undefined
  readonly within?: Selection | undefined
}

export interface ValueCounts {
  /** How many papers were counted. */
  readonly total: number
  /** For each field its values, most frequent first, ties by value. */
  readonly values: readonly (readonly FacetValue[])[]
}

/** A word that no paper holds, and what was searched for in its stead. */
export interface LexicalCorrection {
  readonly term: string
  readonly to: readonly string[]
}

export interface LexicalAnswer {
  readonly matches: LexicalMatch[]
  /** How many papers match in all. */
  readonly total: number
  readonly corrections: readonly LexicalCorrection[]
}

/** How near a vector is to the titles and sentences of papers, by cosine similarity, -1..1. */
export interface SentenceSimilarities {
  /** Those of a paper stand side by side: its title first, where titles were compared, then its sentences in their order. */
  readonly values: Float64Array
  /** Of each paper that of its nearest sentence, by its place among the keys; NaN where it has none. */
  readonly nearest: Float64Array
  readonly titles: boolean
  /** Where those of each paper begin, by its place among the keys, and at last the end. Papers without any have none. */
  readonly starts: Uint32Array
  /** Where the sentences of the paper at a place stand in the abstract as it was given, in UTF-16 code units. */
  spansOf(place: number): Range[]
}

export interface NewSentences {
  readonly key: number
  /** `sentencesHash` of the paper they were made of; the store leaves out those of a paper that changed meanwhile. */
  readonly textHash: string
  readonly title: Float32Array
  readonly sentences: readonly { readonly start: number; readonly end: number; readonly vector: Float32Array }[]
}

/** A part of a text in UTF-16 code units, `text.slice(start, end)`. */
export type Range = [start: number, end: number]

/** Where words of a question stand in a paper, as the text index finds them (stemmed). */
export interface Highlights {
  readonly title: Range[]
  readonly abstract: Range[]
}

export interface StoreStats {
  readonly papers: number
  /** Vectors of the configured fingerprint. */
  readonly vectors: number
  /** Papers without one: made with another model, until the index is rebuilt. */
  readonly missing: number
  /** Papers that have their sentence vectors of the configured fingerprint, and those that were given up. */
  readonly sentences: { readonly papers: number; readonly failed: number }
  readonly generation: number
  readonly fingerprint: string
  readonly schemaVersion: number
  readonly bytes: number
  readonly sources: readonly { readonly source: string; readonly papers: number }[]
}

/** What a search looks up has no promise: it is there at once, and a turn of the event loop would take longer. */
export interface PaperStore extends VectorSource {
  /** Null for each id, `arxiv:…` or `doi:…` that no paper has; in the order asked for. */
  get(references: readonly string[]): Promise<(StoredPaper | null)[]>
  /** Papers by key, in the order asked for; keys of deleted papers are left out. */
  byKeys(keys: readonly number[]): Promise<StoredPaper[]>
  /** The same for one paper each, at once: for the path that is asked most. */
  getAtOnce(reference: string): StoredPaper | null
  byKeyAtOnce(key: number): StoredPaper | null
  /** The keys of the papers that were written or removed after that generation; null where that is not known any more. */
  papersChangedAfter(generation: number): readonly number[] | null
  /** Reads papers into memory, as many as its budget takes, in turns with other work, until it is done or aborted. */
  readAhead(signal: AbortSignal): Promise<void>
  /** The paper of the first alias that one has. */
  findByAlias(aliases: readonly string[]): Promise<StoredPaper | null>
  /** Its key alone, at once, and remembered for as long as nothing is written. */
  keyByAlias(aliases: readonly string[]): number | null
  /**
   * What texts cite the papers by, e.g. `vaswani2017`, by key. A paper keeps its citation key for as long as its first
   * author and year stay, and no key is ever given to another paper, also after a removal.
   */
  citationKeys(keys: readonly number[]): Promise<Map<number, string>>
  /** The papers that were ever given these citation keys, in order; case does not matter. Null where there is none (left). */
  findByCitationKeys(citationKeys: readonly string[]): Promise<(StoredPaper | null)[]>
  /** 64 hexadecimal digits that depend on the text and on a secret of the database: nobody else can tell them. */
  seal(text: string): string
  list(request: ListPapersRequest): Promise<PaperPage>
  /** All papers with their vectors, ordered by key, a few at a time. */
  everything(): AsyncIterable<StoredPaper & { readonly vector: Float32Array }>
  /**
   * Papers whose title or abstract holds any of the terms, best BM25 first. Terms are plain words; one that no paper
   * holds is replaced by the words nearest to it. Within a selection `limit` of them are found wherever that many match,
   * and `total` counts there.
   */
  lexical(terms: readonly string[], limit: number, within?: Selection): LexicalAnswer
  /** The same by what `generation()` says: an answer that is made at once is of one generation. */
  lexicalAtOnce(terms: readonly string[], limit: number, within?: Selection): LexicalAnswer
  /** How many papers hold each of the terms as it is written: nothing is corrected. In their order. */
  frequencies(terms: readonly string[]): Promise<number[]>
  /** Keys of papers that hold any of the phrases, word by word side by side (stemmed); those with most of the rarest first. */
  holding(phrases: readonly string[], limit: number): Promise<number[]>
  /** The papers of a filter as they are now; every condition is looked up in the same generation. */
  matching(filter: Filter): Promise<Selection>
  /** The same at once: for the path that is asked most. */
  matchingAtOnce(filter: Filter): Selection
  /** How many papers have each value of the fields, one list a field in the order asked for, `limit` values each. */
  countValues(fields: readonly FilterField[], limit: number, scope: CountScope): Promise<ValueCounts>
  /** Papers whose title holds all words of a text, the last one perhaps unfinished; the shortest titles first. */
  suggest(text: string, limit: number): Promise<StoredPaper[]>
  /** Which of the terms stand in the paper, in the spelling that was searched for. */
  termsIn(key: number, terms: readonly string[]): string[]
  /** Where the terms stand in each of the texts. */
  highlights(texts: readonly { title: string; abstract: string }[], terms: readonly string[]): Promise<Highlights[]>
  /** Writes all changes or none, durably. Null where another writer came first: plan again. */
  write(batch: WriteBatch): Promise<{ generation: number } | null>
  /** Papers that have no vector of the configured fingerprint, the first of them. */
  missingVectors(limit: number): Promise<StoredPaper[]>
  /** Adds vectors of the configured fingerprint for papers as they are; a paper changed meanwhile is left out. */
  addVectors(vectors: readonly { key: number; textHash: string; vector: Float32Array }[]): Promise<void>
  /** Papers that have no sentence vectors of the configured fingerprint and were not given up, the first of them. */
  missingSentences(limit: number): Promise<StoredPaper[]>
  /** Whether there are such papers; cheap enough for every answer, and up to half a second late to say no. */
  lacksSentences(): boolean
  /** Adds what is missing. The generation stays: no vector of a paper changes by it. */
  addSentences(batch: readonly NewSentences[]): Promise<void>
  /** Counts a failed attempt; after the third the paper is given up until it changes. True where that is so now. */
  noteSentenceFailure(failed: { readonly key: number; readonly textHash: string }): Promise<boolean>
  /** Papers that were given up are missing again. */
  retrySentences(): Promise<void>
  /** A hint that `compareSentences` will be called in this turn. */
  expectSentences(): void
  /** Compares a unit vector with the titles, unless that is false, and sentences of those papers that have their vectors. */
  compareSentences(vector: Float32Array, keys: readonly number[], titles?: boolean): SentenceSimilarities
  /** Forgets the vectors that no index can use, whose papers are missing theirs then. */
  dropFaultyVectors(): Promise<void>
  /** Forgets the vectors of every other fingerprint. */
  dropForeignVectors(): Promise<void>
  /** False where no paper has the id. */
  remove(reference: string): Promise<boolean>
  stats(): Promise<StoreStats>
  close(): Promise<void>
}

import type { Database } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'
import { aliasesOfReference } from '../domain/identity.ts'
import type { StoredPaper } from '../domain/ports.ts'
import type { Generations } from './generation.ts'
import type { PaperCache } from './paper-cache.ts'
import { createRowReader, fromBlob, PAPER_COLUMNS, type PaperRow } from './rows.ts'
import { guarded } from './sqlite-errors.ts'

/** How many papers an export reads at a time: between two reads other work gets its turn. */
const EXPORT_PAGE = 256

type ExportRow = PaperRow & { readonly vector: Buffer }

/** References that are remembered, some 150 bytes each. */
const KNOWN_REFERENCES = 32_768
/** Titles and references that questions may have been: as many as questions whose vectors are kept have. */
const KNOWN_NAMES = 4_096

interface Parts {
  readonly generations: Generations
  /** The number of the vectors' space. */
  readonly fingerprint: number
  readonly byKey: PaperCache['byKey']
}

/** Looking papers up by name, and walking through them. */
export function createPaperReads(db: Database, { generations, fingerprint, byKey }: Parts) {
  const toStored = createRowReader(db)
  const keyOf = db.prepare<[string], number>('SELECT paper FROM aliases WHERE alias = ?').pluck()
  const page = db.prepare<[number, number, number], ExportRow>(
    `SELECT ${PAPER_COLUMNS}, vector FROM papers JOIN vectors ON paper = key AND fingerprint = ? WHERE key > ? ORDER BY key LIMIT ?`,
  )

  function byAlias(alias: string): StoredPaper | null {
    const key = keyOf.get(alias)
    return key === undefined ? null : byKey(key)
  }

  async function* everything(): AsyncGenerator<StoredPaper & { readonly vector: Float32Array }> {
    let last = 0
    for (;;) {
      const batch = guarded(() => page.all(fingerprint, last, EXPORT_PAGE))
      for (const row of batch) yield Object.assign(toStored(row), { vector: fromBlob(row.vector) })
      const end = batch.at(-1)
      if (!end) return
      last = end.key
    }
  }

  function firstOf(aliases: readonly string[]): StoredPaper | null {
    for (const alias of aliases) {
      const found = byAlias(alias)
      if (found) return found
    }
    return null
  }

  /** What papers were asked for by, and the generation in which that was so. */
  const known = new LRUCache<string, { readonly key: number; readonly generation: number }>({ max: KNOWN_REFERENCES })

  function byReference(reference: string): StoredPaper | null {
    const generation = generations.lately()
    const place = known.get(reference)
    if (place?.generation === generation) return byKey(place.key, generation)
    const found = firstOf(aliasesOfReference(reference))
    if (found) known.set(reference, { key: found.key, generation })
    return found
  }

  /** The paper that each alias names, in one generation; null where none has it. */
  const named = new LRUCache<string, { readonly key: number | null }>({ max: KNOWN_NAMES })
  let namedIn = Number.NaN

  function keyOfFirst(aliases: readonly string[]): number | null {
    const generation = generations.lately()
    if (generation !== namedIn) named.clear()
    namedIn = generation
    for (const alias of aliases) {
      let place = named.get(alias)
      if (!place) {
        place = { key: keyOf.get(alias) ?? null }
        named.set(alias, place)
      }
      if (place.key !== null) return place.key
    }
    return null
  }

  return { toStored, everything, firstOf, keyOfFirst, byReference }
}

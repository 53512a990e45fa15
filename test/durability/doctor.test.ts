import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Manifest, sealManifest } from '../../src/ann/manifest.ts'
import { openKindred } from '../../src/compose.ts'
import { Settings } from '../../src/config/settings.ts'
import { temporaryName, uniqueName } from '../../src/disk/leftovers.ts'
import type { Finding } from '../../src/domain/checkup.ts'
import { KindredError } from '../../src/domain/errors.ts'
import { textHash } from '../../src/domain/identity.ts'
import { diagnose, repairIndex, salvagePapers } from '../../src/maintenance.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { rebuildIndex } from '../../src/services/rebuild.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { add } from '../support/library.ts'
import { createRandom } from '../support/random.ts'
import { someRecords } from '../support/records.ts'
import { tempDir } from '../support/temp-dir.ts'
import { contentOf } from './content.ts'

const PAPERS = 60
const configOf = (indexDir: string) => Settings.parse({ indexDir, model: 'hash' })

async function makeIndex(papers = PAPERS): Promise<string> {
  const dir = tempDir()
  const kindred = await openKindred(configOf(dir))
  await add(kindred.deps, someRecords(papers))
  await fillSentences(kindred.deps)
  await kindred.close()
  return dir
}

const OLD_DATABASE = join(import.meta.dirname, '../fixtures/schema/v6.db')

const database = (dir: string): string => join(dir, 'papers.db')

function tamper(dir: string, sql: string): void {
  const db = new Sqlite(database(dir))
  db.pragma('foreign_keys = OFF')
  // SQLite keeps hands off the tables of FTS5 otherwise.
  db.unsafeMode(true)
  db.exec(sql)
  db.close()
}

const faultsOf = (findings: readonly Finding[]): string[] =>
  findings.filter(({ status }) => status === 'fault').map(({ check }) => check)

const graphOf = async (dir: string): Promise<Finding | undefined> =>
  (await diagnose(configOf(dir))).find(({ check }) => check === 'graph')

const faults = async (dir: string): Promise<string[]> => faultsOf(await diagnose(configOf(dir)))

const hashesOf = (dir: string): string[] =>
  readdirSync(dir).map((name) => `${name} ${textHash(readFileSync(join(dir, name), 'latin1'))}`)

/** What `kindred doctor --repair` does after the database. */
async function embedAnew(dir: string): Promise<void> {
  const kindred = await openKindred(configOf(dir), { allowStale: true })
  await rebuildIndex(kindred.deps)
  await fillSentences(kindred.deps)
  await kindred.close()
}

const DAMAGE: readonly (readonly [name: string, sql: string, check: string])[] = [
  [
    'a vector with a NaN',
    "UPDATE vectors SET vector = CAST(x'0000c07f' || substr(vector, 5) AS BLOB) WHERE label = 7",
    'vectors',
  ],
  ['a vector that is too short', 'UPDATE vectors SET vector = substr(vector, 1, 100) WHERE label = 7', 'vectors'],
  ['a vector of zeros', 'UPDATE vectors SET vector = zeroblob(256) WHERE label = 7', 'vectors'],
  ['a paper without a vector', 'DELETE FROM vectors WHERE paper = 9', 'missing vectors'],
  ['a paper gone from under its rows', 'DELETE FROM papers WHERE key = 9', 'references'],
  ['an alias of no paper', "INSERT INTO aliases VALUES ('id:nobody', 4711)", 'references'],
  [
    'a set of sentences that is too short',
    'UPDATE sentences SET vectors = substr(vectors, 1, 70) WHERE paper = 5',
    'sentences',
  ],
  ['a set of sentences without its spans', "UPDATE sentences SET spans = '[0,' WHERE paper = 5", 'sentences'],
  ['a value too many', "INSERT INTO paper_values (field, value, paper) VALUES ('venue', 'nowhere', 3)", 'values'],
  ['a value too few', "DELETE FROM paper_values WHERE paper = 3 AND field = 'sources'", 'values'],
  ['a paper that the text index lacks', 'DELETE FROM papers_text WHERE rowid = 4', 'text index'],
  [
    'a title that suggestions lack',
    'DELETE FROM titles_text WHERE rowid = (SELECT place FROM title_places WHERE paper = 4)',
    'text index',
  ],
  ['a text index of noise', 'UPDATE papers_text_data SET block = randomblob(length(block)) WHERE id > 10', 'database'],
  ['a text index with nothing in it', 'DELETE FROM papers_text_data WHERE id > 10', 'database'],
]

describe('the doctor', () => {
  it('finds nothing in a sound index, and changes nothing', async () => {
    const dir = await makeIndex()
    const before = hashesOf(dir)
    expect(await faults(dir)).toEqual([])
    expect(hashesOf(dir)).toEqual(before)
  })

  it.each(DAMAGE)('finds %s, and mends it without changing a paper', async (_name, sql, check) => {
    const dir = await makeIndex()
    const original = contentOf(database(dir))
    tamper(dir, sql)
    const documents = documentsOf(dir)
    expect(await faults(dir)).toContain(check)
    await repairIndex(dir)
    await embedAnew(dir)
    expect(await faults(dir)).toEqual([])
    expect(documentsOf(dir)).toEqual(documents)
    // The same words give the same vectors again.
    for (const [id, hash] of contentOf(database(dir))) expect(hash).toBe(original.get(id))
  })

  it('names papers whose text was altered, leaves them alone, and lets their source put them right', async () => {
    const dir = await makeIndex()
    const original = contentOf(database(dir))
    tamper(dir, "UPDATE papers SET document = replace(document, 'We watch', 'We match') WHERE key = 12")
    const altered = documentsOf(dir)
    const found = (await diagnose(configOf(dir))).find(({ check }) => check === 'content')
    expect(found).toMatchObject({ status: 'fault', papers: [expect.stringContaining('part-11')] })
    await repairIndex(dir)
    expect(documentsOf(dir)).toEqual(altered)

    const kindred = await openKindred(configOf(dir))
    expect(await add(kindred.deps, someRecords(PAPERS))).toMatchObject({ updated: 1, unchanged: PAPERS - 1 })
    await kindred.close()
    expect(await faults(dir)).toEqual([])
    expect(contentOf(database(dir)).size).toBe(original.size)
  })

  it('names papers that cannot be read, and never deletes them', async () => {
    const dir = await makeIndex()
    const bytes = readFileSync(database(dir))
    const id = [...documentsOf(dir).keys()].find((each) => each.includes('part-19')) ?? ''
    const start = `{"id":"${id}"`
    for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) bytes.write('[', at)
    writeFileSync(database(dir), bytes)
    const found = (await diagnose(configOf(dir))).find(({ check }) => check === 'papers')
    expect(found).toMatchObject({ status: 'fault', papers: [expect.stringContaining('part-19')] })
    expect([...salvagePapers(dir)]).toHaveLength(PAPERS - 1)
    expect(await faults(dir)).toContain('database')
    expect(documentsOf(dir).size).toBe(PAPERS)
  })

  it.each([
    ['a flipped bit', (bytes: Buffer) => bytes.fill((bytes[500] ?? 0) ^ 1, 500, 501)],
    ['a missing half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ])('finds a graph with %s before a byte of it is loaded', async (_name, spoil) => {
    const dir = await makeIndex()
    const [graph = ''] = readdirSync(dir).filter((name) => name.endsWith('.hnsw'))
    writeFileSync(join(dir, graph), spoil(readFileSync(join(dir, graph))))
    expect(await faults(dir)).toEqual(['graph'])
    await embedAnew(dir)
    expect(await faults(dir)).toEqual([])
  })

  it('finds a graph of other labels, of another database and with a damaged manifest', async () => {
    const dir = await makeIndex()
    tamper(dir, 'UPDATE vectors SET label = label + 1000 WHERE label = 5')
    expect(await faults(dir)).toEqual(['graph'])
    tamper(
      dir,
      "UPDATE vectors SET label = 5 WHERE label = 1005; UPDATE meta SET value = 'other' WHERE name = 'database_id'",
    )
    expect(await faults(dir)).toEqual(['graph'])
    writeFileSync(join(dir, 'manifest.json'), '{')
    expect(await faults(dir)).toEqual(['graph'])
  })

  it('finds links that lead nowhere, and a manifest that is not as it was sealed, though all checksums fit', async () => {
    const dir = await makeIndex()
    const manifest = join(dir, 'manifest.json')
    const { seal: _seal, ...content } = Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8')))
    const bytes = readFileSync(join(dir, content.file))
    // The first link of the first node; hnswlib follows it to wherever it leads.
    bytes.writeUInt32LE(4_000_000_000, 100)
    writeFileSync(join(dir, content.file), bytes)
    const forged = { ...content, sha256: createHash('sha256').update(bytes).digest('hex') }
    writeFileSync(manifest, JSON.stringify({ ...forged, seal: 'f'.repeat(64) }))
    expect(await graphOf(dir)).toMatchObject({ status: 'fault', detail: expect.stringContaining('(seal)') })
    writeFileSync(manifest, JSON.stringify(sealManifest(forged)))
    expect(await graphOf(dir)).toMatchObject({ status: 'fault', detail: expect.stringContaining('(links)') })
  })

  it.each([false, true])('leaves a database of an older schema as it is (quick: %s)', async (quick) => {
    const dir = await makeIndex()
    copyFileSync(OLD_DATABASE, database(dir))
    await diagnose(configOf(dir), { quick })
    expect(readFileSync(database(dir)).equals(readFileSync(OLD_DATABASE))).toBe(true)
    expect(readdirSync(dir).filter((name) => name.endsWith('.bak'))).toEqual([])
  })

  it('takes a graph that is only behind the journal for sound', async () => {
    const dir = await makeIndex()
    const kindred = await openKindred(configOf(dir), { readOnly: false })
    const [manifest, graph] = ['manifest.json', readdirSync(dir).find((name) => name.endsWith('.hnsw')) ?? '']
    const kept = [manifest, graph].map((name) => [name, readFileSync(join(dir, name))] as const)
    await add(kindred.deps, someRecords(PAPERS + 10))
    await kindred.deps.store.remove((await kindred.deps.store.list({ limit: 1, sort: 'title' })).data[0]?.id ?? '')
    await kindred.close()
    for (const [name, bytes] of kept) writeFileSync(join(dir, name), bytes)
    expect(await faults(dir)).toEqual([])
  })

  it('finds what killed work left behind, and a folder that others can read', async () => {
    const dir = await makeIndex()
    const dead = ['.restore.4194305.tmp', 'vectors.4194305-1700000000000-0123456789ab.tmp']
    const alive = [temporaryName('restore'), uniqueName('vectors', 'tmp')]
    for (const name of [...dead, ...alive]) writeFileSync(join(dir, name), '')
    chmodSync(dir, 0o755)
    expect(await faults(dir)).toEqual(['leftovers', 'permissions'])
    await repairIndex(dir)
    expect(await faults(dir)).toEqual([])
    expect(dead.filter((name) => existsSync(join(dir, name)))).toEqual([])
    expect(alive.filter((name) => existsSync(join(dir, name)))).toEqual(alive)
  })

  it('keeps the database of before a repair', async () => {
    const dir = await makeIndex()
    tamper(dir, 'DELETE FROM vectors WHERE paper = 9')
    const before = contentOf(database(dir))
    await repairIndex(dir)
    expect(contentOf(join(dir, 'papers.db.before-repair.bak'))).toEqual(before)
  })
})

describe('a database with random bytes in its pages', () => {
  const SEEDS = process.env.KINDRED_FULL === '1' ? 300 : 30

  it(`is found damaged, never crashes, and gives only papers that were there (${SEEDS} pages)`, async () => {
    const dir = await makeIndex(200)
    const good = readFileSync(database(dir))
    const original = documentsOf(dir)
    const random = createRandom(21)
    const undetected: number[] = []
    for (let round = 0; round < SEEDS; round += 1) {
      const page = Math.floor(random() * (good.length / PAGE))
      const bad = garbled(good, page, random)
      writeFileSync(database(dir), bad)
      if (faultsOf(await diagnose(configOf(dir)).catch(asFault)).length === 0) undetected.push(page)
      expect(salvaged(dir).filter(({ id }) => !original.has(id))).toEqual([])
      // Neither changed it.
      expect(readFileSync(database(dir)).equals(bad)).toBe(true)
    }
    expect(undetected).toEqual([])
  }, 300_000)
})

const PAGE = 4096

function garbled(good: Buffer, page: number, random: () => number): Buffer {
  const bad = Buffer.from(good)
  for (let at = page * PAGE; at < (page + 1) * PAGE; at += 1) bad[at] = Math.floor(random() * 256)
  return bad
}

function asFault(thrown: unknown): Finding[] {
  if (!(thrown instanceof KindredError)) throw thrown
  return [{ check: thrown.code, status: 'fault', detail: thrown.message }]
}

function salvaged(dir: string): { id: string }[] {
  try {
    return [...salvagePapers(dir)]
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'STORE_CORRUPT' })
    return []
  }
}

/** Documents as they stand, by id. */
function documentsOf(dir: string): Map<string, string> {
  const db = new Sqlite(database(dir), { readonly: true })
  const rows = db.prepare<[], { id: string; document: string }>('SELECT id, document FROM papers').all()
  db.close()
  return new Map(rows.map(({ id, document }) => [id, document]))
}

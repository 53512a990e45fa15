import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { extract, type Header, pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBackup } from '../../src/backup/create.ts'
import { encodeManifest } from '../../src/backup/manifest.ts'
import { restoreBackup, verifyBackup } from '../../src/backup/restore.ts'
import { bytesOf } from '../../src/backup/tar-bytes.ts'
import { openKindred } from '../../src/compose.ts'
import { Settings } from '../../src/config/settings.ts'
import { SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { add, openLibrary } from '../support/library.ts'
import { createRandom } from '../support/random.ts'
import { someRecords } from '../support/records.ts'
import { tempDir } from '../support/temp-dir.ts'
import { contentOf } from './content.ts'

const ALTERATIONS = 60

interface Part {
  readonly header: Partial<Header> & { readonly name: string }
  readonly bytes: Buffer
}

let dir: string
let good: Buffer
let manifest: Record<string, unknown>
let database: Buffer

async function partsOf(archive: Buffer): Promise<Part[]> {
  const entries = extract()
  entries.end(archive)
  const parts: Part[] = []
  for await (const entry of entries) {
    const bytes = Buffer.from(await buffer(bytesOf(entry)))
    parts.push({ header: { name: entry.header.name }, bytes })
  }
  return parts
}

async function archiveOf(parts: readonly Part[]): Promise<Buffer> {
  const archive = pack()
  for (const { header, bytes } of parts) {
    if (header.type && header.type !== 'file') archive.entry({ ...header })
    else archive.entry({ ...header, size: bytes.length }, bytes)
  }
  archive.finalize()
  return Buffer.from(await buffer(bytesOf(archive)))
}

const text = (name: string, content: string): Part => ({ header: { name }, bytes: Buffer.from(content) })
const manifestPart = (): Part => text('manifest.json', JSON.stringify(manifest))
const databasePart = (): Part => ({ header: { name: 'papers.db' }, bytes: database })

/** A manifest that is true of its own bytes, with other claims. */
const claiming = (over: object): Part => {
  const { magic, format, checksum, ...facts } = manifest
  return text('manifest.json', encodeManifest(Object.assign(JSON.parse(JSON.stringify(facts)), over)))
}

/** All hashes fit. */
const archiveAround = (bytes: Buffer): Promise<Buffer> => {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const files = [{ name: 'papers.db', bytes: bytes.length, sha256 }]
  return archiveOf([claiming({ files }), { header: { name: 'papers.db' }, bytes }])
}

/** An archive around a database that somebody changed. */
async function around(change: (db: InstanceType<typeof Sqlite>) => void): Promise<Buffer> {
  const file = join(tempDir(), 'changed.db')
  writeFileSync(file, database)
  const db = new Sqlite(file)
  change(db)
  db.close()
  return archiveAround(readFileSync(file))
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kindred-test-'))
  const kindred = await openKindred(Settings.parse({ indexDir: dir, model: 'hash' }))
  await add(kindred.deps, someRecords(40))
  await createBackup({ dir, file: join(dir, 'good.tar'), version: '1.2.3' })
  await kindred.close()
  good = readFileSync(join(dir, 'good.tar'))
  const [first, second] = await partsOf(good)
  manifest = JSON.parse(String(first?.bytes))
  database = second?.bytes ?? Buffer.alloc(0)
})

afterAll(() => rmSync(dir, { recursive: true, force: true }))

const flip = (at: number): Buffer => {
  const bytes = Buffer.from(good)
  bytes[at] = (bytes[at] ?? 0) ^ 0x10
  return bytes
}

const BAD: readonly (readonly [name: string, code: string, make: () => Buffer | Promise<Buffer>])[] = [
  ['an empty file', 'BACKUP_INVALID', () => Buffer.alloc(0)],
  ['a file of text', 'BACKUP_INVALID', () => Buffer.from('no archive at all\n'.repeat(100))],
  ['something else in the place of the database', 'BACKUP_INVALID', () => archiveAround(Buffer.alloc(8_192, 'papers'))],
  ['a file of zeros', 'BACKUP_INVALID', () => Buffer.alloc(10_240)],
  ['a bare database', 'BACKUP_INVALID', () => database],
  ['a compressed backup', 'BACKUP_INVALID', () => gzipSync(good)],
  ['an archive of other things', 'BACKUP_INVALID', () => archiveOf([text('readme.txt', 'hello')])],
  [
    'a foreign manifest',
    'BACKUP_INVALID',
    () => archiveOf([text('manifest.json', '{"magic":"other"}'), databasePart()]),
  ],
  ['a manifest that is no JSON', 'BACKUP_INVALID', () => archiveOf([text('manifest.json', '{{{'), databasePart()])],
  ['no manifest', 'BACKUP_INVALID', () => archiveOf([databasePart()])],
  ['no database', 'BACKUP_INVALID', () => archiveOf([manifestPart()])],
  ['its parts in another order', 'BACKUP_INVALID', () => archiveOf([databasePart(), manifestPart()])],
  ['a manifest twice', 'BACKUP_INVALID', () => archiveOf([manifestPart(), manifestPart(), databasePart()])],
  ['a database twice', 'BACKUP_INVALID', () => archiveOf([manifestPart(), databasePart(), databasePart()])],
  ['something behind', 'BACKUP_INVALID', () => archiveOf([manifestPart(), databasePart(), text('extra', 'x')])],
  ['a graph', 'BACKUP_INVALID', () => archiveOf([manifestPart(), databasePart(), text('vectors.1-a.hnsw', 'x')])],
  [
    'a path upwards',
    'BACKUP_INVALID',
    () => archiveOf([manifestPart(), { ...databasePart(), header: { name: '../papers.db' } }]),
  ],
  [
    'an absolute path',
    'BACKUP_INVALID',
    () => archiveOf([manifestPart(), { ...databasePart(), header: { name: '/tmp/papers.db' } }]),
  ],
  [
    'a path with a dot',
    'BACKUP_INVALID',
    () => archiveOf([manifestPart(), { ...databasePart(), header: { name: './papers.db' } }]),
  ],
  ...(['symlink', 'link', 'character-device', 'block-device', 'fifo', 'directory'] as const).map(
    (type) =>
      [
        `a ${type} for a database`,
        'BACKUP_INVALID',
        () =>
          archiveOf([
            manifestPart(),
            { header: { name: 'papers.db', type, linkname: '/etc/passwd', size: 0 }, bytes: Buffer.alloc(0) },
          ]),
      ] as const,
  ),
  [
    'a manifest of a megabyte',
    'BACKUP_INVALID',
    () => archiveOf([text('manifest.json', ' '.repeat(1e6)), databasePart()]),
  ],
  [
    'more bytes than it has',
    'BACKUP_INVALID',
    () =>
      archiveOf([claiming({ files: [{ name: 'papers.db', bytes: 1e15, sha256: '0'.repeat(64) }] }), databasePart()]),
  ],
  [
    'another size than it says',
    'BACKUP_INVALID',
    () => archiveOf([manifestPart(), { ...databasePart(), bytes: database.subarray(4096) }]),
  ],
  [
    'a changed paper',
    'BACKUP_INVALID',
    () => archiveOf([manifestPart(), { ...databasePart(), bytes: Buffer.from(database).fill(0x41, 8192, 8200) }]),
  ],
  [
    'a changed manifest',
    'BACKUP_INVALID',
    () => archiveOf([text('manifest.json', JSON.stringify({ ...manifest, papers: 41 })), databasePart()]),
  ],
  ['another count of papers', 'BACKUP_INVALID', () => archiveOf([claiming({ papers: 41 }), databasePart()])],
  ['another database id', 'BACKUP_INVALID', () => archiveOf([claiming({ databaseId: 'other' }), databasePart()])],
  [
    'a trigger of somebody',
    'BACKUP_INVALID',
    () => around((db) => db.exec('CREATE TRIGGER t AFTER INSERT ON papers BEGIN DELETE FROM papers; END')),
  ],
  ['a view of somebody', 'BACKUP_INVALID', () => around((db) => db.exec('CREATE VIEW v AS SELECT 1'))],
  [
    'a paper less',
    'BACKUP_INVALID',
    () => around((db) => db.exec('PRAGMA foreign_keys = OFF; DELETE FROM papers WHERE key = 3')),
  ],
  ['a database of another schema than it says', 'BACKUP_INVALID', () => around((db) => db.pragma('user_version = 99'))],
  [
    'a newer schema',
    'BACKUP_NEWER',
    () => archiveOf([text('manifest.json', JSON.stringify({ ...manifest, schemaVersion: 99 })), databasePart()]),
  ],
  [
    'a newer format',
    'BACKUP_NEWER',
    () => archiveOf([text('manifest.json', JSON.stringify({ ...manifest, format: 2, more: 1 })), databasePart()]),
  ],
]

describe('a restore', () => {
  it.each(BAD)('refuses %s (%s), and leaves neither a file nor the folder', async (_name, code, make) => {
    const here = tempDir()
    writeFileSync(join(here, 'bad.tar'), await make())
    const dir = join(here, 'deep/index')
    await expect(restoreBackup({ file: join(here, 'bad.tar'), dir })).rejects.toMatchObject({ code })
    await expect(verifyBackup(join(here, 'bad.tar'))).rejects.toMatchObject({ code })
    expect(readdirSync(here)).toEqual(['bad.tar'])
  })

  it('names both schemas, and both formats, of what is too new', async () => {
    const file = join(tempDir(), 'a.tar')
    const saying = async (over: object) => {
      writeFileSync(
        file,
        await archiveOf([text('manifest.json', JSON.stringify({ ...manifest, ...over })), databasePart()]),
      )
      return verifyBackup(file)
    }
    await expect(saying({ schemaVersion: 99 })).rejects.toThrow(
      `schema 99 (of Kindred 1.2.3), this Kindred knows schemas up to ${SCHEMA_VERSION}`,
    )
    await expect(saying({ format: 2 })).rejects.toThrow('format 2 (of Kindred 1.2.3), this Kindred reads format 1')
  })

  it(`refuses an archive that ends early, wherever that is (${ALTERATIONS} places)`, async () => {
    const random = createRandom(11)
    const file = join(tempDir(), 'a.tar')
    const cuts = Array.from({ length: ALTERATIONS }, () => Math.floor(random() * good.length))
    for (const cut of [...cuts, good.length - 1, good.length - 512, good.length - 1024]) {
      writeFileSync(file, good.subarray(0, cut))
      await expect(verifyBackup(file)).rejects.toMatchObject({ code: 'BACKUP_INVALID' })
    }
  })

  it(`refuses an archive with one changed bit in its database (${ALTERATIONS} places)`, async () => {
    const random = createRandom(12)
    const file = join(tempDir(), 'a.tar')
    const start = good.indexOf('SQLite format 3')
    for (let at = 0; at < ALTERATIONS; at += 1) {
      writeFileSync(file, flip(start + Math.floor(random() * database.length)))
      await expect(verifyBackup(file)).rejects.toMatchObject({ code: 'BACKUP_INVALID' })
    }
  })

  it('is never misled by a changed bit in front of the database', async () => {
    const file = join(tempDir(), 'a.tar')
    const start = good.indexOf('SQLite format 3')
    for (let at = 0; at < start; at += 7) {
      writeFileSync(file, flip(at))
      // Bytes that nothing reads (padding, the owner's number) change nothing; all others are refused.
      const read = await verifyBackup(file).catch((error: unknown) => error)
      const { checksum, ...body } = manifest
      if (read instanceof Error) expect(read).toMatchObject({ code: expect.stringMatching(/^BACKUP_/) })
      else expect(read).toEqual(body)
    }
  })

  it('refuses a file that is not there, a folder, and a link to nowhere', async () => {
    const here = tempDir()
    symlinkSync('/nowhere/at/all', join(here, 'link'))
    const codes = { missing: 'SOURCE_NOT_FOUND', link: 'SOURCE_NOT_FOUND', '.': 'BACKUP_INVALID' }
    for (const [name, code] of Object.entries(codes)) {
      await expect(restoreBackup({ file: join(here, name), dir: join(here, 'i') })).rejects.toMatchObject({ code })
      expect(existsSync(join(here, 'i'))).toBe(false)
    }
  })

  it('puts back every paper and vector, into a new folder or an empty one', async () => {
    const here = tempDir()
    writeFileSync(join(here, 'good.tar'), good)
    writeFileSync(join(here, 'original.db'), database)
    mkdirSync(join(here, 'empty'))
    writeFileSync(join(here, 'empty/README.md'), 'what this folder is for')
    for (const name of ['new', 'empty']) {
      await restoreBackup({ file: join(here, 'good.tar'), dir: join(here, name) })
      expect(contentOf(join(here, name, 'papers.db'))).toEqual(contentOf(join(here, 'original.db')))
    }
    expect(readdirSync(join(here, 'empty')).sort()).toEqual(['README.md', 'papers.db'])
  })

  it('refuses a folder in which there is something, and touches none of it', async () => {
    const library = await openLibrary()
    await add(library, someRecords(3))
    await library.index.snapshot()
    const before = readdirSync(library.dir).sort()
    const file = join(tempDir(), 'good.tar')
    writeFileSync(file, good)
    await expect(restoreBackup({ file, dir: library.dir })).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(readdirSync(library.dir).sort()).toEqual(before)
    expect((await library.store.stats()).papers).toBe(3)
  })

  it('leaves nothing after a stop', async () => {
    const here = tempDir()
    writeFileSync(join(here, 'good.tar'), good)
    const restore = { file: join(here, 'good.tar'), dir: join(here, 'index'), signal: AbortSignal.abort() }
    await expect(restoreBackup(restore)).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(readdirSync(here)).toEqual(['good.tar'])
  })

  it('goes on after one that was killed, whose work goes', async () => {
    const here = tempDir()
    writeFileSync(join(here, 'good.tar'), good)
    mkdirSync(join(here, 'index/.restore.4194305.tmp'), { recursive: true })
    await restoreBackup({ file: join(here, 'good.tar'), dir: join(here, 'index') })
    expect(readdirSync(join(here, 'index'))).toEqual(['papers.db'])
  })
})

import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBackup } from '../../src/backup/create.ts'
import { restoreBackup, verifyBackup } from '../../src/backup/restore.ts'
import { textHash } from '../../src/domain/identity.ts'
import { passageText } from '../../src/domain/passage.ts'
import { paperOf } from '../../src/store/rows.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { add, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'
import { tempDir } from '../support/temp-dir.ts'
import { contentOf, valueIn } from './content.ts'
import { startWriter } from './writer-process.ts'

const BACKUPS = 10
/** Each with a database of its own, because the writing process never stops to fill it. */
const ROUNDS = Array.from({ length: process.env.KINDRED_FULL === '1' ? 10 : 1 }, (_, at) => at + 1)
const version = '1.2.3'

const papersIn = (dir: string): number => Number(valueIn(join(dir, 'papers.db'), 'SELECT count(*) FROM papers'))
const generationOf = (dir: string): number =>
  Number(valueIn(join(dir, 'papers.db'), "SELECT value FROM meta WHERE name = 'generation'"))

/** Papers whose hash is not that of their text. */
function falseHashes(dir: string): string[] {
  const db = new Sqlite(join(dir, 'papers.db'), { readonly: true })
  const rows = db
    .prepare<[], { id: string; key: number; document: string; text_hash: string }>('SELECT * FROM papers')
    .all()
  db.close()
  return rows.filter((row) => textHash(passageText(paperOf(row))) !== row.text_hash).map(({ id }) => id)
}

/** Ids that are missing, or there though removed, in no state that the writing process ever committed. */
function unexplained(ids: readonly string[]): string[] {
  const found = new Set(ids)
  const newest = Math.max(...ids.map((id) => Number(id.slice('paper-'.length))))
  const all = Array.from({ length: newest + 1 }, (_, at) => at)
  // The fifteenth of each twenty goes once the next twenty are in: that of the newest may still be there.
  const isGone = (at: number) => at % 20 === 15 && at < newest - 20
  const mayBeGone = (at: number) => at === newest - 24
  return all.filter((at) => !mayBeGone(at) && found.has(`paper-${at}`) === isGone(at)).map((at) => `paper-${at}`)
}

/** What an open descriptor of this process is of. */
function heldBy(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

async function library(count = 30) {
  const opened = await openLibrary()
  await add(opened, someRecords(count))
  return opened
}

describe('backups while another process ingests', () => {
  it.each(ROUNDS)(
    `are each of one moment, ${BACKUPS} of them: sound, with every paper and vector of that moment (round %i)`,
    async () => {
      const dir = tempDir()
      const out = tempDir()
      const writer = await startWriter(dir)
      let last = 0
      for (let at = 0; at < BACKUPS; at += 1) {
        const file = join(out, `${at}.tar`)
        const before = { papers: papersIn(dir), generation: generationOf(dir) }
        const { manifest } = await createBackup({ dir, file, version })
        const after = { papers: papersIn(dir), generation: generationOf(dir) }
        const restored = join(out, `restored-${at}`)
        expect(await restoreBackup({ file, dir: restored })).toEqual(manifest)

        expect(manifest.generation).toBeGreaterThanOrEqual(before.generation)
        expect(manifest.generation).toBeLessThanOrEqual(after.generation)
        // A batch adds more than a removal takes.
        expect(manifest.papers).toBeGreaterThanOrEqual(before.papers - 1)
        expect(manifest.papers).toBeLessThanOrEqual(after.papers + 1)
        expect(papersIn(restored)).toBe(manifest.papers)
        expect(valueIn(join(restored, 'papers.db'), 'PRAGMA integrity_check')).toBe('ok')
        expect(falseHashes(restored)).toEqual([])
        const content = contentOf(join(restored, 'papers.db'))
        expect(unexplained([...content.keys()])).toEqual([])
        expect(content.size).toBe(manifest.papers)
        last = Math.max(last, manifest.generation)
      }
      await writer.stop()
      expect(generationOf(dir)).toBeGreaterThanOrEqual(last)
    },
    60_000 + 5_000 * BACKUPS,
  )

  it('hold the very papers of a database that is at rest', async () => {
    const { dir } = await library()
    const out = tempDir()
    const { manifest } = await createBackup({ dir, file: join(out, 'a.tar'), version })
    await restoreBackup({ file: join(out, 'a.tar'), dir: join(out, 'restored') })
    expect(contentOf(join(out, 'restored/papers.db'))).toEqual(contentOf(join(dir, 'papers.db')))
    expect(manifest).toMatchObject({ kindred: version, papers: 30, fingerprints: ['hash@1:64:l2'] })
  })

  it('are searched like the original, whose graph they do not carry', async () => {
    const original = await library()
    const out = tempDir()
    await createBackup({ dir: original.dir, file: join(out, 'a.tar'), version })
    await restoreBackup({ file: join(out, 'a.tar'), dir: join(out, 'restored') })
    expect(readdirSync(join(out, 'restored'))).toEqual(['papers.db'])
    const restored = await openLibrary(join(out, 'restored'))
    const [vector = new Float32Array()] = await original.embedder.embed(['otters sorting at night'], 'query')
    const answer = (opened: typeof original) => opened.index.search({ vector, limit: 10, exact: true })
    expect((await answer(restored)).neighbours).toEqual((await answer(original)).neighbours)
  })
})

describe('the file of a backup', () => {
  it('is replaced only where that was said', async () => {
    const { dir } = await library()
    const file = join(tempDir(), 'a.tar')
    writeFileSync(file, 'mine')
    await expect(createBackup({ dir, file, version })).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    await createBackup({ dir, file, version, force: true })
    expect((await verifyBackup(file)).papers).toBe(30)
  })

  it('can be read by its owner only', async () => {
    const { dir } = await library()
    const file = join(tempDir(), 'a.tar')
    await createBackup({ dir, file, version })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is not there, nor anything else, after a stop at any time', async () => {
    const { dir } = await library()
    const out = tempDir()
    const shares = [0, 0.2, 0.5, 0.75, 1]
    for (const share of shares) {
      const stop = new AbortController()
      const onProgress = (done: number) => void (done >= share && stop.abort())
      const backup = createBackup({ dir, file: join(out, 'a.tar'), version, signal: stop.signal, onProgress })
      await expect(backup).rejects.toMatchObject({ code: 'INTERRUPTED' })
      expect(readdirSync(out)).toEqual([])
    }
  })

  it.skipIf(process.platform !== 'linux')('lets go of its copy when it is stopped while it is packed', async () => {
    const { dir } = await library(400)
    const out = tempDir()
    const stop = new AbortController()
    const onProgress = (done: number) => void (done > 0.5 && stop.abort())
    const backup = createBackup({ dir, file: join(out, 'a.tar'), version, signal: stop.signal, onProgress })
    await expect(backup).rejects.toMatchObject({ code: 'INTERRUPTED' })
    const held = () => readdirSync('/proc/self/fd').filter((fd) => heldBy(fd).startsWith(out))
    await expect.poll(held).toEqual([])
  })

  it('is not made of a damaged database', async () => {
    const { dir, store } = await library(200)
    await store.close()
    const file = join(dir, 'papers.db')
    const bytes = readFileSync(file)
    bytes.fill(0x5a, 40 * 4096, 60 * 4096)
    writeFileSync(file, bytes)
    const out = tempDir()
    await expect(createBackup({ dir, file: join(out, 'a.tar'), version })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
    })
    expect(readdirSync(out)).toEqual([])
  })

  it('leaves nothing where it cannot be written', async () => {
    const { dir } = await library()
    const out = tempDir()
    for (const file of [join(out, 'none/a.tar'), out]) {
      await expect(createBackup({ dir, file, version })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    }
    expect(readdirSync(out)).toEqual([])
  })

  it('is written although a killed backup left its work behind, which goes', async () => {
    const { dir } = await library()
    const out = tempDir()
    const child = 2 ** 22 + 1
    mkdirSync(join(out, `.a.tar.work.${child}.tmp`))
    writeFileSync(join(out, `.a.tar.work.${child}.tmp/papers.db`), 'half')
    writeFileSync(join(out, `.a.tar.${child}.tmp`), 'half')
    await createBackup({ dir, file: join(out, 'a.tar'), version })
    expect(readdirSync(out)).toEqual(['a.tar'])
  })
})

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findWriter, openKindred, takeWriterLock } from '../../src/compose.ts'
import { Settings } from '../../src/config/settings.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { SPACE } from '../support/library.ts'
import { tempDir } from '../support/temp-dir.ts'

const locked = expect.objectContaining({ code: 'INDEX_LOCKED' })
const mode = (path: string): number => statSync(path).mode & 0o777

async function take(dir: string, command = 'a test') {
  const lock = await takeWriterLock(dir, command)
  onTestFinished(lock.release)
  return lock
}

describe('the lock of an index folder', () => {
  it('is had once, also within a process, and again when it was given back', async () => {
    const dir = tempDir()
    const first = await take(dir)
    await expect(take(dir)).rejects.toEqual(locked)
    first.release()
    first.release()
    const second = await take(dir)
    await expect(take(dir)).rejects.toThrow(`The index is locked by pid ${process.pid} (a test since 2`)
    second.release()
  })

  it('makes the folder, for its owner alone, and an empty file', async () => {
    const dir = join(tempDir(), 'deep', 'idx')
    const lock = await take(dir)
    expect(mode(dir)).toBe(0o700)
    expect(readdirSync(dir).toSorted()).toEqual(['writer.json', 'writer.lock'])
    for (const name of readdirSync(dir)) expect(mode(join(dir, name))).toBe(0o600)
    lock.release()
    expect(readdirSync(dir)).toEqual(['writer.lock'])
    expect(readFileSync(join(dir, 'writer.lock'))).toHaveLength(0)
  })

  it('says who has it, and where a server answers for as long as it does', async () => {
    const dir = tempDir()
    const lock = await take(dir, 'kindred serve')
    expect(findWriter(dir)).toMatchObject({ pid: process.pid, command: 'kindred serve', url: null })
    lock.announce('http://127.0.0.1:1')
    expect(findWriter(dir)).toMatchObject({ url: 'http://127.0.0.1:1' })
    lock.announce(null)
    expect(findWriter(dir)).toMatchObject({ url: null })
    lock.release()
    expect(findWriter(dir)).toBeNull()
  })

  it('belongs to its folder', async () => {
    const [one, other] = [await take(tempDir()), await take(tempDir())]
    expect(one.id).not.toBe(other.id)
  })

  it('is free where only a note of its holder is left', async () => {
    const dir = tempDir()
    writeFileSync(
      join(dir, 'writer.json'),
      JSON.stringify({ pid: process.pid, command: 'x', startedAt: new Date(), url: null }),
    )
    expect((await take(dir)).id).not.toBeNull()
  })
})

describe('openKindred', () => {
  it('has the lock until it is closed; reading needs none', async () => {
    const config = Settings.parse({ indexDir: tempDir(), model: 'hash' })
    const writer = await openKindred(config, { command: 'first' })
    await expect(openKindred(config)).rejects.toThrow('(first since')
    const reader = await openKindred(config, { readOnly: true })
    expect(reader.lock).toBeNull()
    await reader.close()
    await expect(openKindred(config)).rejects.toEqual(locked)
    await writer.close()
    await (await openKindred(config)).close()
  })

  it('gives the lock back where it fails', async () => {
    const indexDir = tempDir()
    writeFileSync(join(indexDir, 'papers.db'), 'no database '.repeat(1_000))
    const config = Settings.parse({ indexDir, model: 'hash' })
    await expect(openKindred(config)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(existsSync(join(indexDir, 'writer.json'))).toBe(false)
    await take(indexDir)
  })
})

describe('a reader of a database with an older schema', () => {
  it('leaves it to the writer that is there', async () => {
    const dir = tempDir()
    await openPaperStore({ dir }, SPACE).close()
    const db = new Sqlite(join(dir, 'papers.db'))
    const version = db.pragma('user_version', { simple: true })
    db.pragma('user_version = 1')
    const lock = await take(dir)
    expect(() => openPaperStore({ dir, readOnly: true }, SPACE)).toThrow(locked)
    expect(db.pragma('user_version', { simple: true })).toBe(1)
    db.pragma(`user_version = ${version}`)
    db.close()
    await openPaperStore({ dir, readOnly: true }, SPACE).close()
    lock.release()
  })

  it('finds no index in a file that no writer has filled yet', () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'papers.db'), '')
    expect(() => openPaperStore({ dir, readOnly: true }, SPACE)).toThrow('There is no index')
    expect(readdirSync(dir)).toEqual(['papers.db'])
  })
})

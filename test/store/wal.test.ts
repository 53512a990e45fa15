import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/store/open.ts'
import { cutWal, keepWalSmall, walBytes } from '../../src/store/wal.ts'
import { tempDir } from '../support/temp-dir.ts'

const MIB = 1024 * 1024

function opened(dir: string) {
  const db = openDatabase({ dir })
  onTestFinished(() => void db.close())
  return db
}

/** A database that is written to. */
function setUp() {
  const dir = tempDir()
  const db = opened(dir)
  db.exec('CREATE TABLE ballast (bytes BLOB)')
  const insert = db.prepare('INSERT INTO ballast VALUES (zeroblob(?))')
  const write = (mebibytes: number) => void insert.run(mebibytes * MIB)
  return { dir, db, write }
}

describe('the write-ahead log', () => {
  it('grows while a reader holds a snapshot, and is cut as soon as it lets go', async () => {
    const { dir, db, write } = setUp()
    const keeper = keepWalSmall(dir, () => cutWal(db, dir), 5)
    onTestFinished(() => keeper.close())
    const reader = opened(dir)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM ballast').get()
    for (let round = 0; round < 20; round += 1) write(4)
    expect(walBytes(dir)).toBeGreaterThan(64 * MIB)
    expect(reader.prepare('SELECT count(*) FROM ballast').pluck().get()).toBe(0)
    reader.exec('COMMIT')
    await expect.poll(() => walBytes(dir)).toBe(0)
    expect(reader.prepare('SELECT count(*) FROM ballast').pluck().get()).toBe(20)
    expect(db.pragma('busy_timeout', { simple: true })).toBe(5_000)
  })

  it('is left alone while it is small, and while this connection or another reads', () => {
    const { dir, db, write } = setUp()
    write(1)
    const size = walBytes(dir)
    cutWal(db, dir, size)
    expect(walBytes(dir)).toBe(size)

    const rows = db.prepare('SELECT 1 FROM ballast').iterate()
    rows.next()
    cutWal(db, dir, 0)
    rows.return?.()
    const reader = opened(dir)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM ballast').get()
    cutWal(db, dir, 0)
    expect(walBytes(dir)).toBe(size)
    reader.exec('COMMIT')
    cutWal(db, dir, 0)
    expect(walBytes(dir)).toBe(0)
  })

  it('has no bytes where there is none', () => {
    expect(walBytes(tempDir())).toBe(0)
  })
})

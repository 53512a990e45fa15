import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { openDatabase } from '../../src/store/open.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { openLibrary } from '../support/library.ts'
import { tempDir } from '../support/temp-dir.ts'
import { contentOf, schemaOf, valueIn } from './content.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/schema', import.meta.url))
const CHILD = fileURLToPath(new URL('../fixtures/migrate-and-die.mjs', import.meta.url))
const VERSIONS = Array.from({ length: SCHEMA_VERSION }, (_, at) => at + 1)
const OLDER = VERSIONS.slice(0, -1)
const POINTS = ['copying', 'copied', 'inside', 'before-commit', 'after-commit']

const fixture = (version: number): string => join(FIXTURES, `v${version}.db`)
const database = (dir: string): string => join(dir, 'papers.db')

function folderOf(version: number): string {
  const dir = tempDir()
  copyFileSync(fixture(version), database(dir))
  return dir
}

function upgrade(dir: string): void {
  openDatabase({ dir }).close()
}

function freshSchema(): unknown[] {
  const dir = tempDir()
  upgrade(dir)
  return schemaOf(database(dir))
}

describe('every schema', () => {
  it('has a database in test/fixtures/schema (scripts/make-schema-fixture.mjs makes the newest)', () => {
    expect(VERSIONS.filter((version) => !existsSync(fixture(version)))).toEqual([])
  })

  it.each(VERSIONS)('%i was kept with the version that its name says, whole and with papers', (version) => {
    expect(valueIn(fixture(version), 'PRAGMA user_version')).toBe(version)
    expect(valueIn(fixture(version), 'PRAGMA integrity_check')).toBe('ok')
    expect(contentOf(fixture(version)).size).toBe(10)
  })

  it.each(VERSIONS)('%i becomes what a new database is, with every paper and vector as it was', (version) => {
    const dir = folderOf(version)
    upgrade(dir)
    expect(valueIn(database(dir), 'PRAGMA user_version')).toBe(SCHEMA_VERSION)
    expect(schemaOf(database(dir))).toEqual(freshSchema())
    expect(valueIn(database(dir), 'PRAGMA integrity_check')).toBe('ok')
    expect(contentOf(database(dir))).toEqual(contentOf(fixture(version)))
  })

  it.each(VERSIONS)('%i can be searched afterwards, by words, vectors, titles and values', async (version) => {
    const { store, index, embedder } = await openLibrary(folderOf(version))
    const [found] = (await store.lexical(['kettle'], 5)).matches
    expect((await store.byKeys([found?.key ?? 0]))[0]?.paper.title).toBe('Why Kettles Sing')
    const [vector] = await embedder.embed(['Counting Sheep with Bells'], 'query')
    const { neighbours } = await index.search({ vector: vector ?? new Float32Array(), limit: 1 })
    const [nearest] = await store.byKeys([neighbours[0]?.key ?? 0])
    expect(nearest?.paper.title).toBe('Counting Sheep with Bells')
    expect((await store.suggest('moss cl', 3)).map(({ paper }) => paper.id)).toEqual(['moss-clocks'])
    expect((await store.matching({ field: 'authors', in: ['tor vik'] })).size).toBe(2)
    expect(await store.get(['gone'])).toEqual([null])
  })
})

describe('the copy before an upgrade', () => {
  it.each(OLDER)('is the database of schema %i as it was', (version) => {
    const dir = folderOf(version)
    upgrade(dir)
    expect(readdirSync(dir).sort()).toEqual(['papers.db', `papers.db.v${version}.bak`])
    const copy = join(dir, `papers.db.v${version}.bak`)
    expect(valueIn(copy, 'PRAGMA user_version')).toBe(version)
    expect(contentOf(copy)).toEqual(contentOf(fixture(version)))
  })

  it('replaces those of earlier upgrades', () => {
    const dir = folderOf(3)
    writeFileSync(join(dir, 'papers.db.v1.bak'), 'older')
    upgrade(dir)
    expect(readdirSync(dir).sort()).toEqual(['papers.db', 'papers.db.v3.bak'])
  })

  it('is not made of a database without papers, nor where nothing is upgraded', () => {
    const empty = folderOf(1)
    const db = new Sqlite(database(empty))
    db.pragma('foreign_keys = ON')
    db.exec('DELETE FROM papers')
    db.close()
    const current = folderOf(SCHEMA_VERSION)
    for (const dir of [empty, current]) {
      upgrade(dir)
      expect(readdirSync(dir)).toEqual(['papers.db'])
    }
  })
})

describe('an upgrade that is killed', () => {
  const cases = OLDER.flatMap((from) =>
    POINTS.map((point) => ({ point, from, to: Math.min(from + 1, SCHEMA_VERSION) })),
  )
  it.each(cases)(
    '$point, on the way from schema $from to $to, is finished by the next start',
    ({ from, to, point }) => {
      const dir = folderOf(1)
      if (from > 1) copyFileSync(fixture(from), database(dir))
      const { signal, stderr } = spawnSync(process.execPath, [CHILD, dir, String(to), point], { encoding: 'utf8' })
      expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
      expect(contentOf(database(dir))).toEqual(contentOf(fixture(from)))
      upgrade(dir)
      expect(valueIn(database(dir), 'PRAGMA user_version')).toBe(SCHEMA_VERSION)
      expect(schemaOf(database(dir))).toEqual(freshSchema())
      expect(valueIn(database(dir), 'PRAGMA integrity_check')).toBe('ok')
      expect(contentOf(database(dir))).toEqual(contentOf(fixture(from)))
      expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([])
    },
  )
})

describe('a database of a newer Kindred', () => {
  it('is refused, naming both schemas, and neither changed nor copied', () => {
    const dir = tempDir()
    mkdirSync(dir, { recursive: true })
    copyFileSync(fixture(SCHEMA_VERSION), database(dir))
    const db = new Sqlite(database(dir))
    db.pragma('user_version = 99')
    db.close()
    expect(() => upgrade(dir)).toThrow(
      expect.objectContaining({
        code: 'STORE_NEWER',
        message: `The database has schema 99, this Kindred knows schemas up to ${SCHEMA_VERSION}.`,
      }),
    )
    expect(readdirSync(dir)).toEqual(['papers.db'])
    expect(valueIn(database(dir), 'PRAGMA user_version')).toBe(99)
  })
})

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { change, paper, stored, writeAll } from '../support/changes.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

/** The schema as the first version had it. */
const FIRST = `CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO meta VALUES ('generation', 0), ('database_id', lower(hex(randomblob(16))));

   CREATE TABLE papers (
     key INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     document TEXT NOT NULL,
     text_hash TEXT NOT NULL,
     title TEXT GENERATED ALWAYS AS (json_extract(document, '$.title')) VIRTUAL,
     added_at TEXT GENERATED ALWAYS AS (json_extract(document, '$.addedAt')) VIRTUAL,
     published_at TEXT GENERATED ALWAYS AS (coalesce(json_extract(document, '$.publishedAt'), '')) VIRTUAL
   ) STRICT;
   CREATE INDEX papers_by_title ON papers (title COLLATE NOCASE, key);
   CREATE INDEX papers_by_added_at ON papers (added_at, key);
   CREATE INDEX papers_by_published_at ON papers (published_at, key);

   CREATE TABLE aliases (
     alias TEXT PRIMARY KEY,
     paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX aliases_by_paper ON aliases (paper);

   CREATE TABLE provenance (
     paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
     source TEXT NOT NULL,
     record_hash TEXT NOT NULL,
     run TEXT NOT NULL,
     PRIMARY KEY (paper, source, record_hash)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE fingerprints (
     number INTEGER PRIMARY KEY,
     fingerprint TEXT NOT NULL UNIQUE,
     dimension INTEGER NOT NULL
   ) STRICT;

   CREATE TABLE vectors (
     label INTEGER PRIMARY KEY AUTOINCREMENT,
     paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
     fingerprint INTEGER NOT NULL REFERENCES fingerprints,
     vector BLOB NOT NULL,
     UNIQUE (paper, fingerprint)
   ) STRICT;

   CREATE TABLE journal (
     generation INTEGER NOT NULL,
     label INTEGER NOT NULL,
     removed INTEGER NOT NULL,
     PRIMARY KEY (generation, label)
   ) STRICT, WITHOUT ROWID;

   CREATE VIRTUAL TABLE papers_text USING fts5 (
     title, abstract, content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
   );
   INSERT INTO papers_text (papers_text, rank) VALUES ('rank', 'bm25(4.0, 1.0)');`

const vector = randomVector(createRandom(5), SPACE.dimension)
const KITE = paper('Kites in calm air', { abstract: 'They fall. Nobody knows why.', venue: 'Journal of Kites' })

/** A database of the first version with one paper, as its writer would have left it. */
function openFirst(dir: string): void {
  const db = new Sqlite(join(dir, 'papers.db'))
  db.pragma('journal_mode = WAL')
  db.exec(FIRST)
  db.pragma('user_version = 1')
  db.prepare('INSERT INTO papers (id, document, text_hash) VALUES (?, ?, ?)').run(KITE.id, JSON.stringify(KITE), 'hash')
  db.prepare('INSERT INTO fingerprints (fingerprint, dimension) VALUES (?, ?)').run(SPACE.fingerprint, SPACE.dimension)
  db.prepare('INSERT INTO vectors (paper, fingerprint, vector) VALUES (1, 1, ?)').run(Buffer.from(vector.buffer))
  db.prepare('INSERT INTO aliases VALUES (?, 1)').run(`id:${KITE.id}`)
  db.prepare('INSERT INTO papers_text (rowid, title, abstract) VALUES (1, ?, ?)').run(KITE.title, KITE.abstract)
  db.exec("INSERT INTO journal VALUES (1, 1, 0); UPDATE meta SET value = 1 WHERE name = 'generation'")
  db.close()
}

function versionOf(dir: string): unknown {
  const db = new Sqlite(join(dir, 'papers.db'))
  const version = db.pragma('user_version', { simple: true })
  db.close()
  return version
}

describe('a database of the first schema', () => {
  it('keeps its papers, vectors, words and generation', async () => {
    const dir = tempDir()
    openFirst(dir)
    const store = openStore(dir)
    expect(versionOf(dir)).toBe(SCHEMA_VERSION)
    expect((await stored(store, KITE.id)).paper).toEqual(KITE)
    expect(store.changesAfter(0).added.map((added) => added.vector)).toEqual([vector])
    expect((await store.lexical(['kite'], 5)).total).toBe(1)
    expect(await store.stats()).toMatchObject({ papers: 1, vectors: 1, missing: 0, generation: 1 })
  })

  it('lacks sentences, which can be added', async () => {
    const dir = tempDir()
    openFirst(dir)
    const store = openStore(dir)
    expect(store.lacksSentences()).toBe(true)
    expect((await store.missingSentences(5)).map(({ paper: { id } }) => id)).toEqual([KITE.id])
  })

  it('gives its papers citation keys, and itself a secret of its own', async () => {
    const [one, other] = [tempDir(), tempDir()]
    openFirst(one)
    openFirst(other)
    const store = openStore(one)
    const { key } = await stored(store, KITE.id)
    expect([...(await store.citationKeys([key])).values()]).toEqual(['kites-nd'])
    expect((await store.findByCitationKeys(['kites-nd']))[0]?.paper.id).toBe(KITE.id)
    expect(openStore(one).seal('x')).toBe(store.seal('x'))
    expect(openStore(other).seal('x')).not.toBe(store.seal('x'))
  })

  it('takes new papers', async () => {
    const dir = tempDir()
    openFirst(dir)
    const store = openStore(dir)
    await writeAll(store, [change(paper('Ducks'), vector)])
    expect((await store.stats()).papers).toBe(2)
  })

  it('is brought up also where it is only read', async () => {
    const dir = tempDir()
    openFirst(dir)
    const reader = openPaperStore({ dir, readOnly: true }, SPACE)
    expect((await stored(reader, KITE.id)).paper).toEqual(KITE)
    await expect(reader.remove(KITE.id)).rejects.toMatchObject({ code: 'STORE_UNREADABLE' })
    await reader.close()
    expect(versionOf(dir)).toBe(SCHEMA_VERSION)
  })
})

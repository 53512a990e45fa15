import type { Database } from 'better-sqlite3'
import { fail } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import { addCitationFunctions, CITATIONS_STEP } from './citations-step.ts'
import { SENTENCES_STEP } from './sentences-step.ts'
import { TEXT_CHANGES_STEP } from './text-changes-step.ts'
import { TITLES_STEP } from './titles-step.ts'
import { addValueFunctions, VALUES_STEP } from './values-step.ts'
import { addWordFunctions, WORDS_STEP } from './words-step.ts'

/**
 * The schema, one step a version. A step that was released is never changed: a new one is added.
 *
 * Labels and keys are AUTOINCREMENT because a reused number would give a deleted paper's place in the graph to another.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
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
   INSERT INTO papers_text (papers_text, rank) VALUES ('rank', 'bm25(4.0, 1.0)');`,
  SENTENCES_STEP,
  WORDS_STEP,
  VALUES_STEP,
  TITLES_STEP,
  TEXT_CHANGES_STEP,
  CITATIONS_STEP,
]

export const SCHEMA_VERSION = STEPS.length

export const versionOf = (db: Database): number => Number(db.pragma('user_version', { simple: true }))

/** Throws STORE_NEWER for a schema that only a later Kindred knows. */
export function refuseNewer(version: number): void {
  if (version > SCHEMA_VERSION) {
    fail('STORE_NEWER', `The database has schema ${version}, this Kindred knows schemas up to ${SCHEMA_VERSION}.`)
  }
}

/** What the steps and the writers call from SQL. */
export function addFunctions(db: Database): void {
  addWordFunctions(db)
  addValueFunctions(db)
  addCitationFunctions(db)
}

/** Brings the database to this program's schema, or to an earlier one, a transaction a step. Throws STORE_NEWER. */
export function migrate(db: Database, upTo: number = SCHEMA_VERSION): void {
  const version = versionOf(db)
  refuseNewer(version)
  addFunctions(db)
  for (let step = version; step < upTo; step += 1) applyStep(db, step)
}

function applyStep(db: Database, step: number): void {
  const apply = db.transaction(() => {
    // Another process may have come first while this one waited for the lock.
    if (versionOf(db) > step) return
    db.exec(STEPS[step] ?? '')
    db.pragma(`user_version = ${step + 1}`)
    failpoint('migration-before-commit')
  })
  apply.exclusive()
  failpoint('migration-after-commit')
}

import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { type Finding, judged } from '../domain/checkup.ts'
import { KindredError } from '../domain/errors.ts'
import { countTextFaults, countValueFaults } from './derived-faults.ts'
import { readFacts } from './facts.ts'
import { hasOwnSchema, integrityProblems } from './integrity.ts'
import { SCHEMA_VERSION, versionOf } from './migrations.ts'
import { DATABASE_FILE } from './open.ts'
import { withDatabaseFile } from './open-file.ts'
import { findOrphans } from './orphans.ts'
import { findPaperFaults } from './paper-faults.ts'
import { guarded } from './sqlite-errors.ts'
import { FAULTY_SENTENCES, findVectorFaults } from './vector-faults.ts'

const REPAIR = '`kindred doctor --repair` mends it'
const RESTORE = 'restore a backup, or save what can be read with --salvage'

type Check = readonly [name: string, run: (db: Database) => Finding | readonly Finding[]]

function checkIntegrity(db: Database, quick: boolean): Finding {
  const problems = integrityProblems(db, { quick })
  const wrong = `${problems.length} faults, first: ${problems[0]}; ${REPAIR} where only indexes are at fault, else ${RESTORE}`
  return judged('database', { count: problems.length, fine: `sound (${quick ? 'quick' : 'full'} check)`, wrong })
}

function checkSchema(db: Database): Finding {
  const version = versionOf(db)
  if (!hasOwnSchema(db)) {
    return {
      check: 'schema',
      status: 'fault',
      detail: `${version}, but tables, indexes or triggers differ from it: ${RESTORE}`,
    }
  }
  const { databaseId, generation, papers } = readFacts(db)
  const older = version < SCHEMA_VERSION ? ', which the next start brings up' : ''
  return {
    check: 'schema',
    status: 'ok',
    detail: `${version}${older}; ${papers} papers, generation ${generation}, database ${databaseId}`,
  }
}

function checkPapers(db: Database): Finding[] {
  const { papers, unreadable, altered } = findPaperFaults(db)
  return [
    judged('papers', {
      count: unreadable.length,
      fine: `${papers} can be read`,
      wrong: `${unreadable.length} of ${papers} cannot be read; none is deleted: ${RESTORE}`,
      papers: unreadable.map(({ id }) => id),
    }),
    judged('content', {
      count: altered.length,
      fine: 'every text has its hash',
      wrong: `${altered.length} texts do not have their hash: after --repair, ingest their sources again`,
      papers: altered.map(({ id }) => id),
    }),
  ]
}

function checkReferences(db: Database): Finding {
  const orphans = findOrphans(db)
  const broken = db.prepare('PRAGMA foreign_key_check').all().length
  const rows = orphans.map(({ table, rows }) => `${rows} in ${table}`).join(', ')
  const wrong = `rows without their paper: ${rows || `${broken} broken references`}; ${REPAIR}`
  return judged('references', { count: orphans.length + broken, fine: 'every row has its paper', wrong })
}

function checkVectors(db: Database): Finding[] {
  const { vectors, faults } = findVectorFaults(db)
  const idOf = db.prepare<[number], string>('SELECT id FROM papers WHERE key = ?').pluck()
  const without = db
    .prepare<[], string>('SELECT id FROM papers WHERE key NOT IN (SELECT paper FROM vectors) ORDER BY key')
    .pluck()
    .all()
  const sets = db.prepare(FAULTY_SENTENCES).all().length
  return [
    judged('vectors', {
      count: faults.length,
      fine: `${vectors} of the right length, finite, of norm 1`,
      wrong: `${faults.length} of ${vectors} are damaged; ${REPAIR} by embedding anew`,
      papers: faults.flatMap(({ paper }) => idOf.get(paper) ?? []),
    }),
    judged('missing vectors', {
      count: without.length,
      fine: 'every paper has one',
      wrong: `${without.length} papers have none; ${REPAIR} by embedding them`,
      papers: without,
    }),
    judged('sentences', { count: sets, fine: 'sets fit their spans', wrong: `${sets} sets are damaged; ${REPAIR}` }),
  ]
}

function checkText(db: Database): Finding {
  const count = countTextFaults(db)
  return judged('text index', {
    count,
    fine: 'has the papers',
    wrong: `${count} entries missing or of no paper; ${REPAIR}`,
  })
}

function checkValues(db: Database): Finding {
  if (db.prepare('SELECT 1 FROM papers WHERE NOT json_valid(document)').get()) {
    return { check: 'values', status: 'note', detail: 'not compared, because papers cannot be read' }
  }
  const count = countValueFaults(db)
  return judged('values', {
    count,
    fine: 'are those of the papers',
    wrong: `${count} differ from the papers; ${REPAIR}`,
  })
}

const CONTENT: readonly Check[] = [
  ['papers', checkPapers],
  ['references', checkReferences],
  ['vectors', checkVectors],
  ['text index', checkText],
  ['values', checkValues],
]

/** A check that meets the damage itself has found it. */
function attempt(db: Database, [check, run]: Check): readonly Finding[] {
  try {
    const found = guarded(() => run(db))
    return 'check' in found ? [found] : found
  } catch (thrown) {
    if (!(thrown instanceof KindredError) || thrown.code !== 'STORE_CORRUPT') throw thrown
    return [{ check, status: 'fault', detail: `damaged pages: ${RESTORE}` }]
  }
}

function checkAll(db: Database, quick: boolean): Finding[] {
  const whole: Check[] = [
    ['database', () => checkIntegrity(db, quick)],
    ['schema', checkSchema],
  ]
  // Tables of an older schema are not those that the checks ask.
  const content = versionOf(db) === SCHEMA_VERSION && !quick ? CONTENT : []
  return [...whole, ...content].flatMap((check) => attempt(db, check))
}

/** Whether the statements of this version fit the database. */
export const isOfThisSchema = (dir: string): boolean =>
  withDatabaseFile(join(dir, DATABASE_FILE), versionOf) === SCHEMA_VERSION

/** Examines papers.db without changing it. Throws STORE_UNREADABLE, STORE_NEWER; damage is a finding. */
export function checkDatabase(dir: string, { quick = false } = {}): Finding[] {
  try {
    return withDatabaseFile(join(dir, DATABASE_FILE), (db) => checkAll(db, quick))
  } catch (thrown) {
    if (!(thrown instanceof KindredError) || thrown.code !== 'STORE_CORRUPT') throw thrown
    return [{ check: 'database', status: 'fault', detail: `is no database that SQLite can open: ${RESTORE}` }]
  }
}

import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { removeLeftovers, temporaryName } from '../disk/leftovers.ts'
import { refuseNewer, SCHEMA_VERSION, versionOf } from './migrations.ts'
import { Sqlite } from './sqlite.ts'

export const UPGRADE_COPY = /^papers\.db\.v\d+\.bak$/

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** False where another process upgraded the database before the copy was made. */
function isOfVersion(file: string, version: number): boolean {
  const copy = new Sqlite(file, { readonly: true })
  try {
    return versionOf(copy) === version
  } finally {
    copy.close()
  }
}

const holdsPapers = (db: Database): boolean => db.prepare('SELECT 1 FROM papers LIMIT 1').get() !== undefined

/**
 * Before the schema of a database with papers is changed: a copy as it was, `papers.db.v<schema>.bak`, for going back
 * to the former program. Copies of earlier upgrades go, so that there is never more than one.
 */
export function copyBeforeUpgrade(db: Database, dir: string): void {
  const version = versionOf(db)
  refuseNewer(version)
  if (version === 0 || version === SCHEMA_VERSION || !holdsPapers(db)) return
  const name = `papers.db.v${version}.bak`
  removeLeftovers(dir, (of) => UPGRADE_COPY.test(of))
  const temporary = join(dir, temporaryName(name))
  try {
    db.prepare('VACUUM INTO ?').run(temporary)
    if (!isOfVersion(temporary, version)) return
    sync(temporary)
    renameSync(temporary, join(dir, name))
    sync(dir)
  } finally {
    rmSync(temporary, { force: true })
  }
  for (const other of readdirSync(dir)) {
    if (UPGRADE_COPY.test(other) && other !== name) rmSync(join(dir, other), { force: true })
  }
}

import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { leftoversIn } from '../disk/leftovers.ts'
import { type Finding, judged } from '../domain/checkup.ts'
import { UPGRADE_COPY } from './copy-before-upgrade.ts'
import { DATABASE_FILE } from './open.ts'
import { REPAIR_COPY } from './repair.ts'
import { Sqlite } from './sqlite.ts'

/** A log that a checkpoint cannot shorten is held by a reader that does not end. */
const LARGE_LOG = 64 * 1024 * 1024
const OTHERS = 0o077

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

const open = (path: string): boolean => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS) !== 0

const privateParts = (dir: string): string[] => [dir, join(dir, DATABASE_FILE)]

function versions(): string {
  const db = new Sqlite(':memory:')
  const sqlite = String(db.prepare('SELECT sqlite_version()').pluck().get())
  db.close()
  return `Node ${process.versions.node}, SQLite ${sqlite}, ${process.platform} ${process.arch}`
}

/** What lies in the index folder besides what is in the database. */
export function checkFolder(dir: string): Finding[] {
  const left = leftoversIn(dir)
  const copies = readdirSync(dir).filter((name) => UPGRADE_COPY.test(name) || name === REPAIR_COPY)
  const log = sizeOf(join(dir, `${DATABASE_FILE}-wal`))
  // Windows has no such bits.
  const readable = process.platform === 'win32' ? [] : privateParts(dir).slice(0, 1).filter(open)
  return [
    judged('leftovers', {
      count: left.length,
      fine: 'none',
      wrong: `${left.join(', ')} of work that was killed; --repair removes them`,
    }),
    judged('permissions', {
      count: readable.length,
      fine: 'the folder is its owner’s',
      wrong: 'other users may read the folder; --repair closes it',
    }),
    {
      check: 'write-ahead log',
      status: log > LARGE_LOG ? 'fault' : 'ok',
      detail: `${log} bytes${log > LARGE_LOG ? ': some process reads without an end; restart the server' : ''}`,
    },
    ...(copies.length > 0
      ? [{ check: 'copies', status: 'note' as const, detail: `${copies.join(', ')} may be deleted once all is well` }]
      : []),
    { check: 'versions', status: 'note', detail: versions() },
  ]
}

/** Removes leftovers and closes the folder to others. */
export function tidyFolder(dir: string): string[] {
  const left = leftoversIn(dir)
  for (const name of left) rmSync(join(dir, name), { recursive: true, force: true })
  const loose = process.platform === 'win32' ? [] : [dir].filter(open)
  for (const path of loose) chmodSync(path, 0o700)
  return [...left.map((name) => `removed ${name}`), ...loose.map(() => 'closed the folder to other users')]
}

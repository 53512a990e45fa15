// Keeps a small database of the present schema for the tests of upgrades; run it after adding a step to the schema:
// `npm run build && node scripts/make-schema-fixture.mjs [a built checkout of another version]`. With `--between`,
// schemas without a fixture are made from the one before them by this program's steps.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate, SCHEMA_VERSION } from '../dist/store/migrations.js'
import { Sqlite } from '../dist/store/sqlite.js'

const HERE = fileURLToPath(new URL('..', import.meta.url))
const FIXTURES = join(HERE, 'test/fixtures/schema')
/** Small pages keep the files small. */
const PAGE_SIZE = 1024
const CHANGED = {
  title: 'Why Kettles Sing',
  abstract: 'Bubbles collapse in the spout before the water boils. We hear 12 kettles.',
  year: 1998,
}

const fixture = (version) => join(FIXTURES, `v${version}.db`)

function keep(file, version) {
  if (existsSync(fixture(version))) throw new Error(`${fixture(version)} is there already: a released schema stays`)
  const db = new Sqlite(file)
  db.pragma('journal_mode = DELETE')
  db.pragma(`page_size = ${PAGE_SIZE}`)
  db.exec('VACUUM')
  db.close()
  copyFileSync(file, fixture(version))
  console.log(`wrote v${version}.db`)
}

function versionOf(file) {
  const db = new Sqlite(file, { readonly: true })
  const version = db.pragma('user_version', { simple: true })
  db.close()
  return version
}

function writeByProgram(checkout, dir) {
  const kindred = (args, input = '') =>
    execFileSync(process.execPath, [join(checkout, 'dist/cli/main.js'), ...args], {
      input,
      env: { ...process.env, KINDRED_MODEL: 'hash', KINDRED_INDEX: dir },
    })
  kindred(['ingest', '-'], readFileSync(join(FIXTURES, 'papers.jsonl')))
  kindred(['ingest', '-'], `${JSON.stringify(CHANGED)}\n`)
  kindred(['remove', 'gone'])
  keep(join(dir, 'papers.db'), versionOf(join(dir, 'papers.db')))
}

function fillBetween(dir) {
  for (let version = 2; version < SCHEMA_VERSION; version += 1) {
    if (existsSync(fixture(version))) continue
    const file = join(dir, 'papers.db')
    writeFileSync(file, readFileSync(fixture(version - 1)))
    const db = new Sqlite(file)
    migrate(db, version)
    db.close()
    keep(file, version)
  }
}

const [argument = HERE] = process.argv.slice(2)
const dir = mkdtempSync(join(tmpdir(), 'kindred-fixture-'))
try {
  if (argument === '--between') fillBetween(dir)
  else writeByProgram(argument, dir)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

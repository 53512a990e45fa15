// What a backup costs while another process writes, by the ways that SQLite has, and what the checks cost:
// `npm run build && node scripts/bench-backup.mjs [papers]`. Invented papers with 384 dimensions, in a temporary folder.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createBackup } from '../dist/backup/create.js'
import { verifyBackup } from '../dist/backup/restore.js'
import { textHash } from '../dist/domain/identity.js'
import { copyDatabase } from '../dist/store/copy.js'
import { openPaperStore } from '../dist/store/papers.js'
import { Sqlite } from '../dist/store/sqlite.js'

const DIMENSION = 384
const BATCH = 500
const GIVE_UP_MS = 60_000
const WRITE_EVERY_MS = 20
const SPACE = { fingerprint: 'bench@1', dimension: DIMENSION }
const WORDS = 'lantern tide kiln orchard magnet violin ledger glacier ribosome otter harbour bridge'.split(' ')

function changeOf(at) {
  const words = Array.from({ length: 150 }, (_, n) => WORDS[(at * 7 + n * n) % WORDS.length])
  const [title, abstract] = [`Paper ${at} on ${words[0]}`, words.join(' ')]
  const raw = Float32Array.from({ length: DIMENSION }, (_, n) => Math.sin(at * 31 + n * 7))
  const norm = Math.hypot(...raw)
  const addedAt = '2024-01-01T00:00:00.000Z'
  const paper = {
    id: `p${at}`,
    title,
    abstract,
    authors: [],
    sources: ['bench'],
    addedAt,
    updatedAt: addedAt,
    categories: [],
  }
  const hash = textHash(title)
  return {
    key: null,
    paper,
    textHash: hash,
    vector: raw.map((value) => value / norm),
    searchText: { title, abstract },
    aliases: [`id:p${at}`],
    provenance: [{ source: 'bench', recordHash: hash }],
  }
}

async function write(dir, from, count) {
  const store = openPaperStore({ dir }, SPACE)
  for (let at = from; at < from + count; at += BATCH) {
    const changes = Array.from({ length: Math.min(BATCH, from + count - at) }, (_, n) => changeOf(at + n))
    await store.write({ changes, expectedGeneration: store.generation(), run: 'bench' })
  }
  await store.close()
}

/** The other process: one paper each few milliseconds. */
function writeOn(dir, from) {
  const store = openPaperStore({ dir }, SPACE)
  let at = from
  setInterval(() => {
    store.write({ changes: [changeOf(at)], expectedGeneration: store.generation(), run: 'bench' })
    at += 1
  }, WRITE_EVERY_MS)
  process.on('message', () => process.exit(0))
  process.send('ready')
}

async function timed(name, work) {
  const start = performance.now()
  const note = await work()
  console.log(`${name.padEnd(52)} ${((performance.now() - start) / 1000).toFixed(2)} s ${note ?? ''}`)
}

async function plainBackup(dir, target) {
  const db = new Sqlite(join(dir, 'papers.db'), { readonly: true })
  const start = performance.now()
  let [restarts, last] = [0, Number.POSITIVE_INFINITY]
  try {
    await db.backup(target, {
      progress: ({ remainingPages }) => {
        if (remainingPages > last) restarts += 1
        last = remainingPages
        if (performance.now() - start > GIVE_UP_MS) throw new Error('given up')
        return 256
      },
    })
    return `(${restarts} restarts)`
  } catch {
    return `given up (${restarts} restarts)`
  } finally {
    db.close()
  }
}

async function measure(papers) {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
  const to = (name) => join(dir, name)
  try {
    await write(dir, 0, papers)
    const file = to('papers.db')
    console.log(
      `${papers} papers, ${(statSync(file).size / 1e6).toFixed(0)} MB; another process writes a paper each ${WRITE_EVERY_MS} ms`,
    )
    const db = new Sqlite(file, { readonly: true })
    for (const check of ['quick_check', 'integrity_check']) await timed(`PRAGMA ${check}`, () => void db.pragma(check))
    db.close()
    const writer = fork(fileURLToPath(import.meta.url), ['--write', dir, String(papers)])
    await new Promise((resolve) => writer.once('message', resolve))
    const reader = new Sqlite(file, { readonly: true })
    await timed(
      'VACUUM INTO (blocks its process throughout)',
      () => void reader.exec(`VACUUM INTO '${to('vacuum.db')}'`),
    )
    reader.close()
    let longest = 0
    await timed('backup API inside a read transaction, 1 MiB a step', async () => {
      let before = performance.now()
      const onProgress = () => {
        longest = Math.max(longest, performance.now() - before)
        before = performance.now()
      }
      await copyDatabase({ dir, target: to('copy.db'), onProgress })
      return `(longest step ${longest.toFixed(0)} ms)`
    })
    await timed('backup API alone, 1 MiB a step', () => plainBackup(dir, to('plain.db')))
    await timed('kindred backup, whole (copy, check, hash, archive)', async () => {
      await createBackup({ dir, file: to('b.tar'), version: 'bench' })
    })
    await timed('kindred restore --verify', async () => {
      await verifyBackup(to('b.tar'))
    })
    writer.send('end')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const [argument = '20000', dir, from] = process.argv.slice(2)
if (argument === '--write') writeOn(dir, Number(from))
else {
  console.log(
    `Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unnamed processor'}`,
  )
  await measure(Number(argument))
}

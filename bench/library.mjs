// Libraries of invented papers, made once and kept in the cache folder; whoever measures works on a copy.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { constants, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { corpusName } from './material.mjs'
import { startProcess } from './processes.mjs'
import { tempDir } from './temp-dir.mjs'

const MAKER = fileURLToPath(new URL('make-library.mjs', import.meta.url))
/** Raise it when the invented papers change. */
const VERSION = 2

/** What decides whether a build can read what another one wrote: the schema and the form of a snapshot. */
function formatOf(dist) {
  const hash = createHash('sha256')
  const steps = readdirSync(join(dist, 'store')).filter((name) => /(step|migrations)\.js$/.test(name))
  const files = [...steps.toSorted().map((name) => `store/${name}`), 'ann/manifest.js', 'ann/snapshot.js']
  for (const file of files) if (existsSync(join(dist, file))) hash.update(readFileSync(join(dist, file)))
  return hash.digest('hex').slice(0, 8)
}

async function make({ folder, ...job }) {
  const { dir, remove } = tempDir(job.cache, 'unfinished-')
  const { child } = startProcess(process.execPath, [MAKER, JSON.stringify({ ...job, folder: dir })], { shown: true })
  try {
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`making a library of ${job.size} papers ended with ${code}`)
    renameSync(dir, folder)
  } finally {
    remove()
  }
}

const rowsOf = (file, rows) => {
  const bytes = readFileSync(file)
  const flat = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const dimension = flat.length / rows
  return Array.from({ length: rows }, (_, at) => flat.subarray(at * dimension, (at + 1) * dimension))
}

/**
 * `{ folder, size, vectorsFile, papersFile, vectors(), copy() }`: `vectors()` gives those of the papers `bench-0`,
 * `bench-1` …, `copy()` an index folder to work on and its `remove()`.
 */
export async function library({ dist, cache, model, size, log }) {
  mkdirSync(cache, { recursive: true })
  const folder = join(cache, `library-${corpusName(model)}-v${VERSION}-${formatOf(dist)}-${size}`)
  if (!existsSync(folder)) {
    const startedAt = performance.now()
    log(`making a library of ${size} papers`)
    await make({ dist, cache, model, size, folder })
    log(`made it in ${Math.round((performance.now() - startedAt) / 1000)} s`)
  }
  const vectorsFile = join(folder, 'vectors.f32')
  return {
    folder,
    size,
    vectorsFile,
    papersFile: join(folder, 'papers.jsonl'),
    vectors: () => rowsOf(vectorsFile, size),
    papers: () =>
      readFileSync(join(folder, 'papers.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    copy: () => {
      const copy = tempDir()
      cpSync(join(folder, 'index'), copy.dir, { recursive: true, mode: constants.COPYFILE_FICLONE })
      return copy
    },
  }
}

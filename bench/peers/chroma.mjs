// Chroma's server, started by its own command and filled by its own client; asked over its HTTP API as that client asks.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, startAnswering } from '../processes.mjs'
import { LIMIT, RequestFile } from '../requests.mjs'

const run = promisify(execFile)
const LOADER = fileURLToPath(new URL('load_chroma.py', import.meta.url))
const COLLECTIONS = '/api/v2/tenants/default_tenant/databases/default_database/collections'
/** Bodies with a vector are long, so there are not as many different ones as papers. */
const QUESTIONS = 4_000
const EF_STEPS = [64, 96, 128, 192]
const HEADERS = { 'Content-Type': 'application/json' }

const commandOf = (peersDir) => join(peersDir, 'venv/bin/chroma')

async function fill({ peersDir, lib, folder, port }) {
  const marker = join(folder, 'collection')
  if (existsSync(marker)) return readFileSync(marker, 'utf8')
  const python = join(peersDir, 'venv/bin/python')
  const args = [LOADER, '127.0.0.1', String(port), lib.papersFile, lib.vectorsFile, 'bench']
  const id = (await run(python, args)).stdout.trim()
  writeFileSync(marker, id)
  return id
}

/** Null where Chroma is not installed. */
export async function openChroma({ peersDir, lib, dir, order, log }) {
  if (!existsSync(commandOf(peersDir))) return null
  const folder = join(lib.folder, 'chroma')
  if (!existsSync(join(folder, 'collection'))) {
    log('filling Chroma')
    rmSync(folder, { recursive: true, force: true })
  }
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = ['run', '--path', folder, '--host', '127.0.0.1', '--port', String(port)]
  const server = await startAnswering(commandOf(peersDir), args, { url, path: '/api/v2/heartbeat', cwd: folder })
  try {
    const collection = `${url}${COLLECTIONS}/${await fill({ peersDir, lib, folder, port })}`
    const vectors = lib.vectors()
    const include = ['documents', 'metadatas', 'distances']
    const bodyOf = (at) => JSON.stringify({ query_embeddings: [Array.from(vectors[at])], n_results: LIMIT, include })
    const lines = order.slice(0, QUESTIONS).map(bodyOf)
    return {
      name: 'Chroma',
      pid: server.pid,
      url: `${collection}/query`,
      requests: new RequestFile({ dir, name: 'chroma.txt', lines }),
      job: { method: 'POST', headers: HEADERS },
      efSteps: EF_STEPS,
      async setEf(ef) {
        const body = JSON.stringify({ new_configuration: { hnsw: { ef_search: ef } } })
        await fetch(collection, { method: 'PUT', headers: HEADERS, body })
      },
      async neighbours(at) {
        const answer = await fetch(`${collection}/query`, { method: 'POST', headers: HEADERS, body: bodyOf(at) })
        return (await answer.json()).ids[0]
      },
      stop: server.stop,
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

// One node of Weaviate on the loopback address, filled over REST and asked by GraphQL.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startAnswering } from '../processes.mjs'
import { LIMIT, RequestFile } from '../requests.mjs'

const BATCH = 250
const EF_STEPS = [64, 96, 128, 192]
const HEADERS = { 'Content-Type': 'application/json' }

const commandOf = (peersDir) => join(peersDir, 'bin/weaviate-server')
const uuidOf = (at) => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`
const numberOf = (uuid) => Number.parseInt(uuid.slice(24), 16)

const classOf = (ef) => ({
  class: 'Paper',
  vectorizer: 'none',
  vectorIndexType: 'hnsw',
  vectorIndexConfig: { distance: 'dot', maxConnections: 16, efConstruction: 200, ef },
  properties: ['title', 'abstract'].map((name) => ({ name, dataType: ['text'] })),
})

async function call(url, { method = 'POST', body }) {
  const answer = await fetch(url, { method, headers: HEADERS, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

async function fill(url, lib) {
  await call(`${url}/v1/schema`, { body: classOf(EF_STEPS[0]) })
  const vectors = lib.vectors()
  const objects = lib.papers().map(({ title, abstract }, at) => ({
    class: 'Paper',
    id: uuidOf(at),
    properties: { title, abstract },
    vector: Array.from(vectors[at]),
  }))
  for (let at = 0; at < objects.length; at += BATCH) {
    const results = await call(`${url}/v1/batch/objects`, { body: { objects: objects.slice(at, at + BATCH) } })
    const refused = results.find(({ result }) => result.status !== 'SUCCESS')
    if (refused) throw new Error(`Weaviate refused an object: ${JSON.stringify(refused.result)}`)
  }
}

async function start(peersDir, folder) {
  const [port, gossip, data, raft, rpc, grpc, profiling] = await Promise.all(Array.from({ length: 7 }, freePort))
  const env = {
    PERSISTENCE_DATA_PATH: folder,
    AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'true',
    DEFAULT_VECTORIZER_MODULE: 'none',
    ENABLE_MODULES: '',
    DISABLE_TELEMETRY: 'true',
    LOG_LEVEL: 'error',
    CLUSTER_HOSTNAME: 'bench',
    CLUSTER_ADVERTISE_ADDR: '127.0.0.1',
    CLUSTER_GOSSIP_BIND_PORT: String(gossip),
    CLUSTER_DATA_BIND_PORT: String(data),
    RAFT_PORT: String(raft),
    RAFT_INTERNAL_RPC_PORT: String(rpc),
    RAFT_BOOTSTRAP_EXPECT: '1',
    GRPC_PORT: String(grpc),
    GO_PROFILING_PORT: String(profiling),
  }
  const url = `http://127.0.0.1:${port}`
  const args = ['--host', '127.0.0.1', '--port', String(port), '--scheme', 'http']
  return startAnswering(commandOf(peersDir), args, { url, path: '/v1/.well-known/ready', env, cwd: folder })
}

const query = (at, what) => `{Get{Paper(nearObject:{id:"${uuidOf(at)}"},limit:${LIMIT}){${what}}}}`
const bodyOf = (at, what) => JSON.stringify({ query: query(at, what) })

/** Null where Weaviate is not installed. */
export async function openWeaviate({ peersDir, lib, dir, order, log }) {
  if (!existsSync(commandOf(peersDir))) return null
  const folder = join(lib.folder, 'weaviate')
  const marker = join(lib.folder, 'weaviate-filled')
  const filled = existsSync(marker)
  if (!filled) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const server = await start(peersDir, folder)
  const { url } = server
  try {
    if (!filled) {
      log('filling Weaviate')
      await fill(url, lib)
      writeFileSync(marker, '')
    }
    const lines = order.map((at) => bodyOf(at, 'title abstract'))
    return {
      name: 'Weaviate',
      pid: server.pid,
      url: `${url}/v1/graphql`,
      requests: new RequestFile({ dir, name: 'weaviate.txt', lines }),
      job: { method: 'POST', headers: HEADERS },
      efSteps: EF_STEPS,
      setEf: (ef) => call(`${url}/v1/schema/Paper`, { method: 'PUT', body: classOf(ef) }),
      async neighbours(at) {
        const { data } = await call(`${url}/v1/graphql`, { body: { query: query(at, '_additional{id}') } })
        return data.Get.Paper.map(({ _additional }) => `bench-${numberOf(_additional.id)}`)
      },
      stop: server.stop,
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

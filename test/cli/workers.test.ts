import { Agent, request } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isAlive } from '../../src/disk/process.ts'
import { draft } from '../durability/support/papers.ts'
import { type Server, type ServerOptions, startServer } from '../durability/support/server.ts'
import { createRandom, pick } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createWorkplace, environment } from './run-kindred.ts'

// Each test starts four processes.
vi.setConfig({ testTimeout: 120_000 })

const WORKERS = 3
const random = createRandom(11)

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

/** A connection that stays with the process that accepted it. */
class Client {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  static #asked = 0
  pid = 0

  constructor(url: string) {
    this.#url = url
  }

  send(method: string, path: string, body?: unknown): Promise<Answer> {
    Client.#asked += 1
    return this.#send(method, path, { id: `asked-${Client.#asked}`, body })
  }

  /** Finds out which process it talks to: it logs the id of each request that it answers. */
  async meet({ log }: Server): Promise<this> {
    Client.#asked += 1
    const id = `asked-${Client.#asked}`
    await this.#send('GET', '/healthz', { id })
    const line = (): Record<string, unknown> | undefined => log.find(({ requestId }) => requestId === id)
    while (!line()) await turn()
    this.pid = Number(line()?.pid)
    return this
  }

  close(): void {
    this.#agent.destroy()
  }

  #send(method: string, path: string, { id, body }: { id: string; body?: unknown }): Promise<Answer> {
    const headers = { 'x-request-id': id, ...(body !== undefined && { 'content-type': 'application/json' }) }
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#url}${path}`, { method, agent: this.#agent, headers }, (response) => {
        response.toArray().then((chunks) => {
          const [status, retryAfter] = [response.statusCode ?? 0, response.headers['retry-after']]
          resolve({ status, retryAfter, body: Buffer.concat(chunks).toString('utf8') })
        }, reject)
      })
      asked.on('error', reject)
      asked.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const clients: Client[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

const start = (env: ServerOptions['env'] = {}, dir = tempDir()): Promise<Server> =>
  startServer(dir, { env: { KINDRED_WORKERS: String(WORKERS), ...env } })

/** A client of each process that serves; the system gives connections to whichever takes them. */
async function clientOfEach(server: Server, count = WORKERS): Promise<Client[]> {
  const met = new Map<number, Client>()
  while (met.size < count) {
    const client = await new Client(server.url).meet(server)
    clients.push(client)
    if (!met.has(client.pid)) met.set(client.pid, client)
  }
  return [...met.values()]
}

const serving = ({ log }: Server) =>
  log.flatMap(({ event, role, process }) => (event === 'worker_serving' ? [{ role, pid: Number(process) }] : []))
const pidOf = (server: Server, role: string): number => serving(server).findLast((one) => one.role === role)?.pid ?? 0

async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await turn()
}

async function served(server: Server, count: number): Promise<void> {
  while (serving(server).length < count) await turn()
}

const found = async (client: Client, { id, title, abstract }: ReturnType<typeof draft>): Promise<boolean> => {
  const { status } = await client.send('GET', `/v1/papers/${id}`)
  const { body } = await client.send('POST', '/v1/similar', { title, abstract, limit: 1 })
  return status === 200 && JSON.parse(body).data[0]?.id === id
}

describe('several processes', () => {
  it('answer at one port, and what one of them is told to write each of them knows with the answer', async () => {
    const server = await start()
    const each = await clientOfEach(server)
    expect(new Set(each.map(({ pid }) => pid))).toEqual(new Set(serving(server).map(({ pid }) => pid)))
    expect(serving(server).filter(({ role }) => role === 'writer')).toHaveLength(1)
    for (let at = 0; at < 200; at += 1) {
      const paper = draft(random, `paper-${at}`)
      const sent = await pick(random, each).send('POST', '/v1/papers', [paper])
      expect(sent).toMatchObject({ status: 200, body: expect.stringContaining('"added":1') })
      expect(await Promise.all(each.map((client) => found(client, paper)))).toEqual([true, true, true])
    }
    const removed = await each[1]?.send('DELETE', '/v1/papers/paper-7')
    expect(removed?.status).toBe(204)
    for (const client of each) expect((await client.send('GET', '/v1/papers/paper-7')).status).toBe(404)

    const { body } = (await each[2]?.send('GET', '/metrics')) ?? { body: '' }
    const generations = [...body.matchAll(/^kindred_index_generation\{worker="(\d)"\} (\d+)$/gm)]
    expect(new Set(generations.map(([, worker]) => worker))).toEqual(new Set(['1', '2', '3']))
    expect(new Set(generations.map(([, , generation]) => generation)).size).toBe(1)

    const pids = [server.pid, ...serving(server).map(({ pid }) => pid)]
    expect(pids).toHaveLength(WORKERS + 1)
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
    await gone(pids)
  })

  it('refuse what is at fault in the words of the one that writes, however it came', async () => {
    const server = await start()
    for (const client of await clientOfEach(server)) {
      const bad = await client.send('POST', '/v1/papers', { no: 'list' })
      expect(JSON.parse(bad.body)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
      expect((await client.send('DELETE', '/v1/papers/none')).status).toBe(404)
      expect(JSON.parse((await client.send('GET', '/v1/admin/process')).body).pid).toBe(pidOf(server, 'writer'))
      expect((await client.send('POST', '/v1/admin/snapshot')).status).toBe(200)
    }
    await server.end('SIGTERM')
  })

  it('are one server to `kindred ingest` and `kindred remove`', async () => {
    const { dir, run } = createWorkplace()
    const server = await start({}, `${dir}/idx`)
    const lines = Array.from({ length: 50 }, (_, at) => JSON.stringify(draft(random, `line-${at}`))).join('\n')
    const ingested = await run(['ingest', '-'], { stdin: lines, env: environment() as Record<string, string> })
    expect(ingested).toMatchObject({ code: 0, stderr: expect.stringContaining('writing through it') })
    for (const client of await clientOfEach(server))
      expect((await client.send('GET', '/v1/papers/line-49')).status).toBe(200)
    await server.end('SIGTERM')
  })
})

describe('a process that is killed', () => {
  it('costs what was on its connections where it only read, and comes back', async () => {
    const server = await start()
    const each = await clientOfEach(server)
    const victim = pidOf(server, 'reader')
    process.kill(victim, 'SIGKILL')
    for (let at = 0; at < 60; at += 1) {
      for (const client of each) {
        if (client.pid !== victim) expect((await client.send('GET', '/readyz')).status).toBe(200)
      }
      const fresh = new Client(server.url)
      expect((await fresh.send('POST', '/v1/papers', [draft(random, `more-${at}`)])).status).toBe(200)
      fresh.close()
    }
    await served(server, WORKERS + 1)
    for (const client of await clientOfEach(server)) {
      expect(client.pid).not.toBe(victim)
      expect((await client.send('GET', '/v1/papers/more-59')).status).toBe(200)
    }
    await server.end('SIGTERM')
  })

  it('stops no reading where it wrote; writes are told to come again until another one writes', async () => {
    const server = await start()
    const each = await clientOfEach(server)
    const known = draft(random, 'known')
    expect((await each[0]?.send('POST', '/v1/papers', [known]))?.status).toBe(200)
    const victim = pidOf(server, 'writer')
    const readers = each.filter(({ pid }) => pid !== victim)
    expect(readers).toHaveLength(WORKERS - 1)
    process.kill(victim, 'SIGKILL')
    await gone([victim])
    const statuses: number[] = []
    for (let at = 0; !statuses.includes(200); at += 1) {
      for (const client of readers) {
        expect(await found(client, known)).toBe(true)
        const { status, retryAfter, body } = await client.send('POST', '/v1/papers', [draft(random, `later-${at}`)])
        statuses.push(status)
        if (status !== 200) {
          expect([status, retryAfter, JSON.parse(body).code]).toEqual([503, '1', 'WRITER_UNAVAILABLE'])
        }
      }
    }
    expect(statuses[0]).toBe(503)
    for (const client of await clientOfEach(server)) expect(await found(client, known)).toBe(true)
    expect(pidOf(server, 'writer')).not.toBe(victim)
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
  })

  it('takes the others along where it supervised them', async () => {
    const server = await start()
    const children = serving(server).map(({ pid }) => pid)
    expect(children).toHaveLength(WORKERS)
    await server.end('SIGKILL')
    await gone(children)
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  })
})

describe('a start that fails', () => {
  it('says why once and ends with its code', async () => {
    const { run } = createWorkplace()
    const { code, stderr } = await run(['serve', '--workers', '2', '--port', '0', '--model', 'no/model', '--offline'])
    expect(code).toBe(2)
    expect(stderr.match(/MODEL_UNAVAILABLE/g)).toHaveLength(1)
  })
})

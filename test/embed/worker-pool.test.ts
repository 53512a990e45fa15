import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type PoolOptions, WorkerPool } from '../../src/embed/worker-pool.ts'

const SCRIPT = fileURLToPath(new URL('../fixtures/embed-worker.mjs', import.meta.url))
const PARENT = fileURLToPath(new URL('../fixtures/embed-parent.mjs', import.meta.url))
const COMPILED_POOL = new URL('../../dist/embed/worker-pool.js', import.meta.url).href

let folder: string
let pools: WorkerPool[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-pool-'))
  pools = []
})

afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  rmSync(folder, { recursive: true })
})

function poolOf(size: number, model = '', over: Partial<PoolOptions> = {}): WorkerPool {
  const load = { type: 'load', folder: model, dtype: 'q8', pooling: 'mean', maxTokens: 8, dimension: 2 } as const
  const pool = new WorkerPool({ script: SCRIPT, size, load, ...over })
  pools.push(pool)
  return pool
}

const order = (command: object): string => JSON.stringify(command)
const gate = (): string => join(folder, 'gate')
const countOf = (vectors: Float32Array[], at = 0): number | undefined => vectors[at]?.[0]

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('WorkerPool', () => {
  it('starts no worker before the first text, and only one for one text', async () => {
    const pool = poolOf(3)
    expect(pool.pids).toEqual([])
    await pool.embed(['a'], 'query')
    await pool.embed(['b'], 'query')
    expect(pool.pids).toHaveLength(1)
  })

  it('starts those that are warm at once, never more than its size, and none in addition for the first text', async () => {
    const pool = poolOf(2, '', { warm: 3 })
    const { pids } = pool
    expect(pids).toHaveLength(2)
    const [vector] = await pool.embed(['a'], 'query')
    expect(pids).toContain(vector?.[1])
    expect(pool.pids).toEqual(pids)
  })

  it('does without warm workers whose model cannot be loaded: the first text says why', async () => {
    const pool = poolOf(2, 'broken', { warm: 2 })
    await expect.poll(() => pool.pids).toEqual([])
    await expect(pool.embed(['a'], 'query')).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
  })

  it('does not start those again for ever that die before a text comes', async () => {
    let deaths = 0
    const pool = poolOf(2, 'dies', { warm: 2, onReplaced: () => (deaths += 1) })
    await expect.poll(() => deaths).toBe(2)
    expect(pool.pids).toEqual([])
  })

  it('starts one worker in a turn of the event loop, because each start holds it up', async () => {
    const pool = poolOf(3)
    const done = pool.embed(['a', 'b', 'c', 'd'], 'passage')
    const started: number[] = []
    for (let turn = 0; turn < 4; turn += 1) {
      started.push(pool.pids.length)
      await nextTurn()
    }
    expect(started).toEqual([1, 2, 3, 3])
    expect(await done).toHaveLength(4)
  })

  it('uses every worker while texts wait, and never more than it may', async () => {
    const pool = poolOf(2)
    const [one, other] = [join(folder, 'one'), join(folder, 'other')]
    // Each of these waits until the other one has begun.
    const pair = [order({ touch: one, waitFor: other }), order({ touch: other, waitFor: one })]
    const vectors = await pool.embed([...pair, 'a', 'b', 'c', 'd'], 'passage')
    expect(new Set(vectors.map((vector) => vector[1]))).toEqual(new Set(pool.pids))
    expect(pool.pids).toHaveLength(2)
  })

  it('lets a query overtake the passages that wait', async () => {
    const pool = poolOf(1)
    const passages = pool.embed([order({ waitFor: gate() }), 'p', 'p'], 'passage')
    const query = pool.embed(['q'], 'query')
    writeFileSync(gate(), '')
    expect(countOf(await query)).toBeLessThan(countOf(await passages, 1) ?? 0)
  })

  it('tries a text again when its worker dies', async () => {
    const pool = poolOf(1)
    const vectors = await pool.embed(['a', order({ dieUnless: gate() }), 'b'], 'passage')
    expect(vectors).toHaveLength(3)
    expect(countOf(vectors, 1)).toBe(1)
  })

  it('gives a text up that ends three workers, names it, and lives on', async () => {
    const pool = poolOf(2)
    const deadly = pool.embed(['a', order({ die: true })], 'passage')
    await expect(deadly).rejects.toMatchObject({
      code: 'EMBEDDING_FAILED',
      message: expect.stringMatching(/^Text 1: .*SIGKILL/),
    })
    await expect(pool.embed(['b', 'c'], 'passage')).resolves.toHaveLength(2)
  })

  it('says why no worker starts without a path of this machine', async () => {
    const execPath = process.execPath
    process.execPath = join(folder, 'no-such-node')
    try {
      await expect(poolOf(1).embed(['a'], 'query')).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: expect.stringMatching(/^[^/\\]*\(ENOENT\)[^/\\]*$/),
      })
    } finally {
      process.execPath = execPath
    }
  })

  it('fails a call alone when the model gives no vector for one of its texts', async () => {
    const pool = poolOf(1)
    const bad = pool.embed(['a', order({ fail: true }), 'b'], 'passage')
    const good = pool.embed(['c'], 'passage')
    await expect(bad).rejects.toMatchObject({ code: 'EMBEDDING_FAILED', message: 'Text 1: no vector' })
    await expect(good).resolves.toHaveLength(1)
  })

  it('says so when the model cannot be loaded', async () => {
    const pool = poolOf(2, 'broken')
    await expect(pool.embed(['a', 'b'], 'query')).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    await vi.waitFor(() => expect(pool.pids).toEqual([]))
  })

  it('does not start workers for ever when loading kills each of them', async () => {
    const replaced: string[] = []
    const pool = poolOf(1, 'dies', { onReplaced: (why) => replaced.push(why) })
    const given = [pool.embed(['a'], 'query'), pool.embed(['b'], 'passage')]
    for (const call of given) await expect(call).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    expect(replaced).toEqual(['died', 'died', 'died'])
  })

  it('ends a worker that hangs, and gives the text up that makes three hang', async () => {
    const pool = poolOf(1, '', { textLimitMs: 150 })
    const hung = pool.embed([order({ hang: true })], 'passage')
    await expect(hung).rejects.toMatchObject({
      code: 'EMBEDDING_FAILED',
      message: '3 workers ended with it (ended after 0.15 s without an answer).',
    })
    await expect(pool.embed(['a'], 'passage')).resolves.toHaveLength(1)
  })

  it('puts another worker in the place of one that has grown too large, and loses no text by it', async () => {
    const replaced: string[] = []
    const pool = poolOf(1, '', { growthLimit: 1_000, onReplaced: (why) => replaced.push(why) })
    const texts = [order({ rss: 900 }), order({ rss: 1_100 }), 'a', order({ rss: 2_000 }), 'b', 'c']
    const vectors = await pool.embed(texts, 'passage')
    expect(vectors.map((vector) => vector[0])).toEqual([1, 2, 1, 2, 1, 2])
    expect(new Set(vectors.map((vector) => vector[1])).size).toBe(3)
    expect(replaced).toEqual(['grown', 'grown'])
  })

  it('stops on abort, drops the texts that wait and stays usable', async () => {
    const pool = poolOf(1)
    const controller = new AbortController()
    const stopped = pool.embed([order({ waitFor: gate() }), 'a', 'b'], 'passage', controller.signal)
    await vi.waitFor(() => expect(pool.pids).toHaveLength(1))
    controller.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' })
    writeFileSync(gate(), '')
    expect(countOf(await pool.embed(['c'], 'passage'))).toBeLessThanOrEqual(2)
  })

  it('ends its workers and what is under way when it is closed', async () => {
    const pool = poolOf(2)
    await pool.embed(['a', 'b'], 'passage')
    const pids = pool.pids
    const waiting = pool.embed([order({ waitFor: gate() })], 'passage')
    const failed = expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await pool.close()
    await failed
    expect(pids.filter(isAlive)).toEqual([])
    await expect(pool.embed(['c'], 'query')).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })

  // The worker holds the standard error of its parent, so that this closes only when both are gone.
  it('does not keep its process alive while it is idle, and ends with it', async () => {
    const parent = startParent()
    expect(await once(parent, 'close')).toEqual([0, null])
  })

  it('leaves no worker behind when its process is killed', async () => {
    const parent = startParent(order({ waitFor: gate() }))
    await once(parent.stdout, 'data')
    parent.kill('SIGKILL')
    expect(await once(parent, 'close')).toEqual([null, 'SIGKILL'])
  })
})

function startParent(next = ''): ChildProcessByStdio<null, Readable, Readable> {
  const parent = spawn(process.execPath, [PARENT, COMPILED_POOL, SCRIPT, next], { stdio: ['ignore', 'pipe', 'pipe'] })
  parent.stdout.resume()
  parent.stderr.resume()
  return parent
}

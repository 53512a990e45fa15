import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  openTransformersReranker,
  type RerankerSettings,
  type TransformersReranker,
} from '../../src/embed/transformers-reranker.ts'
import { rerankerContract } from '../contract/reranker.ts'
import { tempDir } from '../support/temp-dir.ts'
import { logistic, tinyLogit, writeTinyReranker } from '../support/tiny-reranker.ts'

const WORDS = ['frogs', 'sing', 'pond', 'rain', 'after', 'where']

const common = { modelsDir: 'models', cacheDir: 'no-such-cache', allowDownload: false, workers: 2 }

async function open(model: string, over: Partial<RerankerSettings> = {}): Promise<TransformersReranker> {
  const reranker = await openTransformersReranker({ ...common, model, ...over })
  onTestFinished(() => reranker.close())
  return reranker
}

/** A server of files on loopback; gives its address. */
async function serve(read: (path: string) => Buffer | null): Promise<string> {
  const server = createServer((request, response) => {
    const content = read(request.url ?? '')
    if (content === null) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': content.length }).end(content)
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** A folder with a tiny model. */
function tiny(over: Partial<Parameters<typeof writeTinyReranker>[1]> = {}): string {
  const folder = join(tempDir(), 'tiny')
  writeTinyReranker(folder, { words: WORDS, ...over })
  return folder
}

const lasting = mkdtempSync(join(tmpdir(), 'kindred-reranker-'))
afterAll(() => rmSync(lasting, { recursive: true, force: true }))
writeTinyReranker(lasting, { words: WORDS })
rerankerContract('transformers', () => openTransformersReranker({ ...common, model: lasting }))

describe('openTransformersReranker', () => {
  it('reads question and passage together', async () => {
    const reranker = await open(tiny())
    const found = await reranker.score('frogs sing', ['the pond', 'Frogs!', 'frogs sing', 'frogs sing, frogs sing'])
    expect(found.map((each) => each.toFixed(6))).toEqual([0, 1, 2, 4].map((n) => logistic(tinyLogit(n)).toFixed(6)))
  })

  it('takes the second of two labels for the relevant one', async () => {
    const reranker = await open(tiny({ labels: 2 }))
    const [relevance] = await reranker.score('frogs sing', ['frogs sing'])
    expect(relevance).toBeCloseTo(logistic(2 * tinyLogit(2)), 6)
  })

  it('cuts long passages behind the last word that fits, and keeps the closing [SEP]', async () => {
    // [CLS] frogs [SEP] passage [SEP]: five words of the passage fit.
    const reranker = await open(tiny({ maxTokens: 9 }))
    const [fits, behind, long] = await reranker.score('frogs', [
      'pond pond pond pond frogs',
      'pond pond pond pond pond frogs',
      'frogs '.repeat(10_000),
    ])
    expect(fits).toBeCloseTo(logistic(tinyLogit(1)), 6)
    expect(behind).toBeCloseTo(logistic(tinyLogit(0)), 6)
    expect(long).toBeCloseTo(logistic(tinyLogit(5)), 6)
  })

  it('finds a model by its id in the models folder', async () => {
    const modelsDir = tempDir()
    writeTinyReranker(join(modelsDir, 'me', 'mine'), { words: WORDS })
    const reranker = await open('me/mine', { modelsDir })
    expect(reranker.model).toBe('me/mine')
    expect(await reranker.score('frogs', ['frogs'])).toHaveLength(1)
  })

  it('is fetched from the Hub with leave only, and read from the cache from then on', async () => {
    const folder = tiny()
    const requests: string[] = []
    const hubUrl = await serve((path) => {
      requests.push(path)
      const file = join(folder, path.replace('/me/hubbed/resolve/main/', ''))
      return existsSync(file) ? readFileSync(file) : null
    })
    const hub = { ...common, model: 'me/hubbed', cacheDir: tempDir(), hubUrl, dtype: 'fp32' } as const
    await expect(openTransformersReranker(hub)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    expect(requests).toEqual([])
    const fetched = await open('me/hubbed', { ...hub, allowDownload: true })
    const expected = await (await open(folder)).score('frogs', ['frogs'])
    expect(await fetched.score('frogs', ['frogs'])).toEqual(expected)
    const count = requests.length
    await open('me/hubbed', hub)
    expect(requests).toHaveLength(count)
  })

  it('runs the number format that is asked for where it is there, else the plain one', async () => {
    const folder = tiny()
    expect(await (await open(folder, { dtype: 'q8' })).score('frogs', ['frogs'])).toHaveLength(1)
    renameSync(join(folder, 'onnx', 'model.onnx'), join(folder, 'onnx', 'model_quantized.onnx'))
    expect(await (await open(folder, { dtype: 'q8' })).score('frogs', ['frogs'])).toHaveLength(1)
  })

  it('says what is missing when a model is not there, without naming folders', async () => {
    const folder = tiny()
    rmSync(join(folder, 'tokenizer.json'))
    for (const model of ['nobody/nothing', folder, './nowhere']) {
      const missing = openTransformersReranker({ ...common, model })
      await expect(missing).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: expect.not.stringMatching(/tmp/),
      })
    }
    await expect(openTransformersReranker({ ...common, model: 'a/../b' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })

  it('refuses a damaged file where the folder has checksums', async () => {
    const folder = tiny()
    const file = join(folder, 'onnx', 'model.onnx')
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex')
    writeFileSync(join(folder, 'SHA256SUMS'), `${hash}  onnx/model.onnx\n`)
    await open(folder)
    writeFileSync(file, 'not a model')
    await expect(openTransformersReranker({ ...common, model: folder })).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
    })
  })

  it('says so when the file is no model, or no cross-encoder', async () => {
    const folder = tiny()
    writeFileSync(join(folder, 'onnx', 'model.onnx'), 'not a model')
    for (const model of [folder, tiny({ labels: 3 })]) {
      const reranker = await open(model)
      await expect(reranker.score('a', ['b'])).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    }
  })

  it('starts again when its worker is killed', async () => {
    const reranker = await open(tiny(), { workers: 1 })
    const expected = await reranker.score('frogs', ['frogs', 'rain'])
    const [pid = 0] = reranker.pids
    process.kill(pid, 'SIGKILL')
    expect(await reranker.score('frogs', ['frogs', 'rain'])).toEqual(expected)
    expect(reranker.pids).not.toContain(pid)
  })

  it('replaces a worker that hangs, and lets nobody wait for it who has no time', async () => {
    const reranker = await open(tiny(), { workers: 1, pairLimitMs: 1_000 })
    const expected = await reranker.score('frogs', ['frogs'])
    const [pid = 0] = reranker.pids
    process.kill(pid, 'SIGSTOP')
    const waiting = reranker.score('frogs', ['frogs'], AbortSignal.timeout(50))
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await vi.waitFor(() => expect(reranker.pids).not.toContain(pid), { timeout: 20_000 })
    expect(await reranker.score('frogs', ['frogs'])).toEqual(expected)
  })

  it('refuses work at once while too much waits', async () => {
    const reranker = await open(tiny(), { workers: 1 })
    await reranker.score('frogs', ['frogs'])
    const [pid = 0] = reranker.pids
    process.kill(pid, 'SIGSTOP')
    const controller = new AbortController()
    const waiting = reranker.score('frogs', Array(1_100).fill('frogs'), controller.signal)
    await expect(reranker.score('frogs', ['rain'])).rejects.toMatchObject({ code: 'OVERLOADED' })
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
    process.kill(pid, 'SIGCONT')
    expect(await reranker.score('frogs', ['rain'])).toHaveLength(1)
  })
})

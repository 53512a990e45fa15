import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openTransformersEmbedder } from '../../src/embed/transformers.ts'
import { settings, VENDORED } from './model-fixtures.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-model-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('a model of the Hub', () => {
  let server: Server
  let hubUrl: string
  let requests: string[]

  /** Serves the vendored files as the Hub would serve those of `mine/hubbed`. */
  beforeEach(async () => {
    requests = []
    server = createServer((request, response) => {
      const path = /^\/mine\/hubbed\/resolve\/main\/([\w/.]+)$/.exec(request.url ?? '')?.[1]
      requests.push(`${request.method} ${path}`)
      const file = join(VENDORED, path ?? 'none')
      if (path === undefined || !existsSync(file)) response.writeHead(404).end()
      else response.writeHead(200, { 'content-length': statSync(file).size }).end(readFileSync(file))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(() => void server.close())

  it('is fetched once, and read from the cache from then on', async () => {
    const onDownload = vi.fn()
    const hub = settings({ model: 'mine/hubbed', cacheDir: folder, hubUrl, allowDownload: true, onDownload })
    const embedder = await openTransformersEmbedder(hub)
    expect(embedder.fingerprint).toBe('mine/hubbed@main:afdb6f1a0e45b715:mean:512:l2')
    expect(await embedder.embed(['frogs'], 'query')).toHaveLength(1)
    await embedder.close()
    expect(onDownload).toHaveBeenCalledWith(expect.objectContaining({ file: 'tokenizer.json' }))
    const count = requests.length
    expect(count).toBeGreaterThan(0)
    await (await openTransformersEmbedder({ ...hub, allowDownload: false })).close()
    expect(requests).toHaveLength(count)
  })

  it('is not asked for without leave', async () => {
    const refused = openTransformersEmbedder(settings({ model: 'mine/hubbed', cacheDir: folder, hubUrl }))
    await expect(refused).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    expect(requests).toEqual([])
  })

  it('may be unknown to the Hub', async () => {
    const unknown = settings({ model: 'mine/unknown', cacheDir: folder, hubUrl, allowDownload: true })
    await expect(openTransformersEmbedder(unknown)).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: 'The model mine/unknown cannot be fetched from the Hub.',
    })
  })
})

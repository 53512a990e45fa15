import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256OfFile } from '../../src/disk/sync.ts'
import { verifyBackup } from '../../src/maintenance.ts'
import { openApp } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const POST = { method: 'POST' }

interface Made {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly papers: number
  readonly generation: number
}

describe('the admin routes', () => {
  it('write the index to disk', async () => {
    const { generation } = app.kindred.deps.index.status()
    expect(await app.json('/v1/admin/snapshot', POST)).toEqual({ generation, vectors: PAPERS.length })
    const { snapshot } = await app.kindred.deps.index.verify()
    expect(snapshot?.generation).toBe(generation)
  })

  it('build it anew', async () => {
    expect(await app.json('/v1/admin/rebuild', POST)).toEqual({ embedded: 0, vectors: PAPERS.length })
    expect(await app.kindred.deps.index.verify()).toMatchObject({ ok: true })
  })

  it('say which process answers', async () => {
    expect(await app.json('/v1/admin/process')).toEqual({ pid: process.pid, lockId: null })
  })

  it.each(['snapshot', 'rebuild', 'backup'])('take no body: %s', async (name) => {
    const response = await app.request(`/v1/admin/${name}`, { ...POST, headers: { 'content-length': '2' }, body: '{}' })
    expect(response.status).toBe(400)
  })

  it.each(['rebuild', 'backup'])('answer no page of another origin: %s', async (name) => {
    const response = await app.request(`/v1/admin/${name}`, { ...POST, headers: { origin: 'https://example.org' } })
    expect(response.status).toBe(403)
  })
})

describe('POST /v1/admin/backup', () => {
  const folder = () => join(app.dir, 'backups')
  const backUp = () => app.json<Made>('/v1/admin/backup', POST)

  it('makes one that a restore takes, and says what it is', async () => {
    const { generation } = app.kindred.deps.index.status()
    const { name, ...made } = await backUp()
    const file = join(folder(), name)
    const [bytes, sha256] = [statSync(file).size, await sha256OfFile(file)]
    expect(made).toEqual({ bytes, sha256, papers: PAPERS.length, generation })
    expect(await verifyBackup(file)).toMatchObject({ papers: PAPERS.length, generation, kindred: '9.8.7' })
    if (process.platform !== 'win32') {
      expect([folder(), file].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600])
    }
  })

  it('keeps the newest, what has another name, and nothing of a server that was killed', async () => {
    mkdirSync(folder(), { recursive: true })
    for (const name of ['kindred-20200101T000000000Z.tar', 'mine.tar', '.mine.tar.1.tmp']) {
      writeFileSync(join(folder(), name), 'a file')
    }
    const dead = `.kindred-20200101T000000000Z.tar.work.${2 ** 22 + 1}.tmp`
    mkdirSync(join(folder(), dead))
    const names = [(await backUp()).name, (await backUp()).name]
    expect(readdirSync(folder()).sort()).toEqual(['.mine.tar.1.tmp', ...names, 'mine.tar'])
  })

  it('is made one at a time; who comes meanwhile is told to come again', async () => {
    const first = backUp()
    const second = await app.request('/v1/admin/backup', POST)
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await second.json()).toMatchObject({ code: 'OVERLOADED', detail: 'Another backup is being made.' })
    await first
    expect((await backUp()).papers).toBe(PAPERS.length)
  })

  it('takes no place from the request', async () => {
    for (const query of ['file=/tmp/a.tar', 'name=a.tar', 'keep=0']) {
      expect((await app.request(`/v1/admin/backup?${query}`, POST)).status).toBe(400)
    }
  })

  it('leaves nothing when its client goes away', async () => {
    const before = readdirSync(folder())
    const gone = AbortSignal.abort()
    const response = await app.request('/v1/admin/backup', { ...POST, signal: gone })
    expect(await response.json()).toMatchObject({ code: 'INTERRUPTED' })
    expect(readdirSync(folder())).toEqual(before)
  })

  it('says so where the folder cannot be written, and names no path', async () => {
    rmSync(folder(), { recursive: true })
    writeFileSync(folder(), 'a file in its place')
    const response = await app.request('/v1/admin/backup', POST)
    const problem = await response.text()
    expect(JSON.parse(problem)).toMatchObject({ status: 503, code: 'STORE_UNREADABLE' })
    expect(problem).not.toContain(app.dir)
    rmSync(folder())
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Kindred, openKindred } from '../../src/compose.ts'
import { Settings } from '../../src/config/settings.ts'
import { createApp } from '../../src/http/app.ts'
import type { HttpContext } from '../../src/http/context.ts'
import { createShelf } from '../../src/maintenance.ts'
import { createMetrics } from '../../src/metrics.ts'
import { PAPERS } from './papers.ts'

interface OpenApp {
  readonly dir: string
  readonly kindred: Kindred
  readonly context: HttpContext
  /** What was logged, line by line. */
  readonly logged: Record<string, unknown>[]
  readonly request: (path: string, init?: RequestInit) => Promise<Response>
  /** The JSON of an answer that must be a success. */
  readonly json: <T>(path: string, init?: RequestInit) => Promise<T>
  readonly close: () => Promise<void>
}

export const post = (body: unknown, type = 'application/json'): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': type },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** The whole of Kindred over a new folder, with the embedder that needs no model, holding PAPERS. */
export async function openApp(settings: object = {}): Promise<OpenApp> {
  const dir = await mkdtemp(join(tmpdir(), 'kindred-http-'))
  const config = Settings.parse({ indexDir: dir, model: 'hash', ...settings })
  const kindred = await openKindred(config, { metrics: createMetrics() })
  const logged: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line)) })
  const version = '9.8.7'
  const backup = createShelf({ dir, version, keep: 2 })
  const context: HttpContext = { deps: kindred.deps, readBody: kindred.readBody, log, version, backup }
  const app = createApp(context)
  const request: OpenApp['request'] = async (path, init) => app.request(path, init)
  const json = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await request(path, init)
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
  await json('/v1/papers', post(PAPERS))
  const close = async () => {
    await kindred.close()
    await rm(dir, { recursive: true, force: true })
  }
  return { dir, kindred, context, logged, request, json, close }
}

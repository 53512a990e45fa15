import { pino } from 'pino'
import { type Kindred, openKindred } from '../../../src/compose.ts'
import { Settings } from '../../../src/config/settings.ts'
import { createApp } from '../../../src/http/app.ts'

export interface OpenApp {
  readonly kindred: Kindred
  readonly get: (path: string) => Promise<Response>
  readonly post: (path: string, body: unknown) => Promise<Response>
  readonly remove: (path: string) => Promise<Response>
}

const TYPE = { 'content-type': 'application/json' }

/** The whole of Kindred over a folder, in this process and without a port; the caller closes it. */
export async function openApp(indexDir: string): Promise<OpenApp> {
  const kindred = await openKindred(Settings.parse({ indexDir, model: 'hash' }))
  const { deps, readBody } = kindred
  const app = createApp({ deps, readBody, log: pino({ level: 'silent' }), version: '1.2.3' })
  return {
    kindred,
    get: async (path) => app.request(path),
    post: async (path, body) =>
      app.request(path, {
        method: 'POST',
        headers: TYPE,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    remove: async (path) => app.request(path, { method: 'DELETE' }),
  }
}

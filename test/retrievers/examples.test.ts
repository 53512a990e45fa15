import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { createWorkplace, type Ended, ending, environment, said } from '../cli/run-kindred.ts'
import { listen } from './places.ts'

const QUESTION = 'masked language models for understanding text'
const exampleAt = (name: string): string => fileURLToPath(new URL(`../../examples/${name}.mjs`, import.meta.url))

/** Ranking and evidence change until the sentences of all papers are embedded. */
const filled = (): Promise<void> =>
  vi.waitFor(
    async () => {
      const response = await fetch(`${url}/v1/search?q=text`)
      expect(List.parse(await response.json()).index.degraded).not.toContain('evidence-filling')
    },
    { timeout: 60_000, interval: 200 },
  )

const here = createWorkplace()
const server = here.start(['serve', '--sample', '--port', '0'])
let url = ''
beforeAll(async () => {
  server.stdout?.resume()
  const [, address = ''] = await said(server.stderr, /serves 100 papers at (http:\/\/127\.0\.0\.1:\d+)/)
  url = address
  // A server whose log nobody reads waits for its reader.
  server.stderr?.resume()
  await filled()
})
afterAll(async () => {
  server.kill('SIGTERM')
  await once(server, 'close')
})

/** Runs an example as its reader would. */
const run = (name: string, where: string): Promise<Ended> =>
  ending(spawn(process.execPath, [exampleAt(name), QUESTION, where], { cwd: here.dir, env: environment() }))

const keysIn = (text: string): string[] => [...text.matchAll(/\[([a-z]+\d{4}[a-z]*)\]/g)].map(([, key]) => key ?? '')

describe.each(['langchain', 'llamaindex'])('examples/%s.mjs', (name) => {
  it('shows three papers with their keys, the same from a server and from its index folder', async () => {
    const served = await run(name, url)
    expect(served).toMatchObject({ code: 0, stderr: '' })
    expect(keysIn(served.stdout)).toHaveLength(3)
    expect(served.stdout).toMatch(/Language|BERT/)
    expect(await run(name, 'idx')).toEqual(served)
  })

  it('says what to do where no server answers', async () => {
    const gone = await listen((_request, response) => response.end())
    await gone.close()
    const { code, stdout, stderr } = await run(name, gone.url)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^SERVER_UNREACHABLE: No server answers at .* Start `kindred serve`/)
  })
})

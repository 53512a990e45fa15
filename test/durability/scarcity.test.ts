import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { nearest, send } from './support/client.ts'
import { measured, TEST_TIMEOUT_MS } from './support/full.ts'
import { drafts } from './support/papers.ts'
import { StartError, startServer } from './support/server.ts'

const CLIENTS = 200
// Root may write everywhere, until it gives these up.
const UNPRIVILEGED = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] as const
const papers = drafts(createRandom(909), 'p', 50)

describe('a server', () => {
  it.skipIf(process.platform !== 'linux')(
    `with 64 file descriptors and ${CLIENTS} clients answers or refuses, and answers all when they are gone`,
    async () => {
      const server = await startServer(tempDir())
      expect(await send(server.url, papers)).toBe(200)
      // Only now: Node itself opens more files at once while it starts.
      execFileSync('prlimit', ['--pid', String(server.pid), '--nofile=64:'])
      const ask = async (at: number): Promise<string> => {
        const paper = papers[at % papers.length]
        if (!paper) return 'none'
        return nearest(server.url, paper, 1).then(
          ({ data }) => (data[0]?.id === paper.id ? 'right' : 'wrong'),
          () => 'refused',
        )
      }
      const answers = await Promise.all(Array.from({ length: CLIENTS }, (_, at) => ask(at)))
      expect(answers).not.toContain('wrong')
      expect(answers).toContain('right')
      for (const at of papers.keys()) expect(await ask(at)).toBe('right')
      measured('B5 64 descriptors', {
        clients: CLIENTS,
        answered: answers.filter((answer) => answer === 'right').length,
      })
      expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
    },
    TEST_TIMEOUT_MS,
  )

  it.skipIf(process.platform !== 'linux')(
    'whose folder may not be written says so, names it and changes nothing',
    async () => {
      const parent = tempDir()
      const dir = join(parent, 'kept')
      mkdirSync(dir)
      chmodSync(parent, 0o755)
      chmodSync(dir, 0o555)
      const root = process.getuid?.() === 0
      const stopped = await startServer(dir, {
        wrap: (command) => (root ? [...UNPRIVILEGED, ...command] : command),
      }).catch((error: unknown) => error)
      expect(stopped).toBeInstanceOf(StartError)
      expect(stopped).toMatchObject({ exit: { code: 5 }, stderr: expect.stringContaining('STORE_UNREADABLE') })
      expect(stopped).toMatchObject({ stderr: expect.stringContaining('kept') })
    },
    TEST_TIMEOUT_MS,
  )

  it(
    'whose folder cannot be made says so and names it; one that is missing is made for its owner alone',
    async () => {
      const dir = tempDir()
      writeFileSync(join(dir, 'file'), '')
      const stopped = await startServer(join(dir, 'file', 'index')).catch((error: unknown) => error)
      expect(stopped).toMatchObject({ exit: { code: 5 }, stderr: expect.stringMatching(/STORE_UNREADABLE/) })
      expect(stopped).toMatchObject({ stderr: expect.stringContaining('index') })
      const server = await startServer(join(dir, 'new', 'index'))
      expect(await send(server.url, papers)).toBe(200)
      expect(statSync(join(dir, 'new', 'index')).mode & 0o777).toBe(0o700)
      expect((await server.end('SIGTERM')).code).toBe(0)
    },
    TEST_TIMEOUT_MS,
  )
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

/** The built program, as a user runs it. */
export const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Workplace {
  readonly dir: string
  /** Starts the program with the hash model and an index of this folder; its pipes are the caller's. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess
  /** Runs the program to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>
}

/** Without the settings of whoever runs the tests. */
export function environment(given: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('KINDRED_'))
  return { ...Object.fromEntries(inherited), KINDRED_MODEL: 'hash', KINDRED_INDEX: 'idx', ...given }
}

const output = (stream: NodeJS.ReadableStream | null): Promise<string> => (stream ? text(stream) : Promise.resolve(''))

export async function ending(child: ChildProcess): Promise<Ended> {
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), output(child.stdout), output(child.stderr)])
  return { code: typeof code === 'number' ? code : null, stdout, stderr }
}

const dirs: string[] = []
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

/** An empty folder of its own to run the program in. */
export function createWorkplace(): Workplace {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-cli-'))
  dirs.push(dir)
  const start: Workplace['start'] = (args, env) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: dir, env: environment(env), stdio: 'pipe' })
    // A program that never reads its input, or is stopped before it has read all, closes the pipe.
    child.stdin.on('error', () => {})
    return child
  }
  return {
    dir,
    start,
    run: (args, { stdin = '', env } = {}) => {
      const child = start(args, env)
      child.stdin?.end(stdin)
      return ending(child)
    },
  }
}

/** Resolves with what the stream has said as soon as it matches. */
export async function said(stream: Readable | null, pattern: RegExp): Promise<RegExpMatchArray> {
  let seen = ''
  for await (const chunk of stream?.iterator({ destroyOnReturn: false }) ?? []) {
    seen += String(chunk)
    const found = seen.match(pattern)
    if (found) return found
  }
  throw new Error(`the stream ended without ${pattern}: ${seen}`)
}

const WORDS =
  'attention graph protein diffusion retrieval token image policy sparse kernel latent speech robust causal'.split(' ')

/** Papers of our own, each different, as JSON lines. */
export function paperLines(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const [one, two, three] = [at, at * 7 + 3, at * 13 + 5].map((n) => WORDS[n % WORDS.length])
    const title = `Study ${at} of ${one} and ${two}`
    const abstract = `We look at ${one} number ${at}. It helps ${two} where ${three} is short, and we say by how much.`
    return `${JSON.stringify({ id: `study-${at}`, title, abstract, year: 2000 + (at % 25) })}\n`
  })
}

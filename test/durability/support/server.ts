import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { environment, PROGRAM } from '../../cli/run-kindred.ts'

type Command = readonly [program: string, ...args: string[]]

export interface ServerOptions {
  readonly env?: Readonly<Record<string, string>>
  /** How the server's command line is started, where not as it is: under a tracer. */
  readonly wrap?: (command: Command) => Command
}

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Server {
  readonly url: string
  readonly pid: number
  /** From the start of the process to the line that says it serves. */
  readonly readyMs: number
  /** What it has logged so far, a JSON line each. */
  readonly log: readonly Record<string, unknown>[]
  readonly exited: Promise<Exit>
  signal(signal: 'SIGKILL' | 'SIGTERM'): void
  /** Sends the signal and waits for the end. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<Exit>
}

/** The server did not come to serve; what it said instead. */
export class StartError extends Error {
  readonly exit: Exit
  readonly stderr: string

  constructor(exit: Exit, stderr: string) {
    super(`the server ended with ${exit.code ?? exit.signal} before it served: ${stderr}`)
    this.exit = exit
    this.stderr = stderr
  }
}

const Serving = z.object({ url: z.string(), papers: z.int() })
const LogLine = z.record(z.string(), z.unknown())

function parseLog(line: string): Record<string, unknown>[] {
  try {
    return [LogLine.parse(JSON.parse(line))]
  } catch {
    return []
  }
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  await once(child, 'exit')
  return { code: child.exitCode, signal: child.signalCode }
}

function launch(dir: string, { env = {}, wrap = (command) => command }: ServerOptions): ChildProcess {
  const settings = { KINDRED_INDEX: dir, KINDRED_LOG_LEVEL: 'info', ...env }
  const [program, ...args] = wrap([process.execPath, PROGRAM, 'serve', '--port', '0', '--json'])
  const child = spawn(program, args, { env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Starts the built server on an index folder and waits until it says that it serves. Throws StartError. */
export async function startServer(dir: string, options: ServerOptions = {}): Promise<Server> {
  const began = performance.now()
  const child = launch(dir, options)
  const exited = exitOf(child)
  const said: string[] = []
  const log: Record<string, unknown>[] = []
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('the child has no pipes')
  createInterface(stderr).on('line', (line) => {
    said.push(line)
    log.push(...parseLog(line))
  })
  const lines = createInterface(stdout)
  const first = await Promise.race([once(lines, 'line'), once(child, 'close').then(() => null)])
  if (!first) throw new StartError(await exited, said.join('\n'))
  const { url } = Serving.parse(JSON.parse(String(first[0])))
  const signal: Server['signal'] = (name) => void process.kill(child.pid ?? 0, name)
  return {
    url,
    pid: child.pid ?? 0,
    readyMs: performance.now() - began,
    log,
    exited,
    signal,
    end: (name) => {
      signal(name)
      return exited
    },
  }
}

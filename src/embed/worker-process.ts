import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import type { WorkerReply, WorkerRequest } from './protocol.ts'

/** How long a worker may take to end by itself, in milliseconds. */
const GRACE = 3_000

interface WorkerEvents {
  onReply(reply: WorkerReply): void
  /** Called once, whatever ended it; `reason` is for people. Not called after close(). */
  onExit(reason: string): void
}

/** One child process that holds one model. */
export interface WorkerProcess {
  readonly pid: number | undefined
  send(request: WorkerRequest): void
  /** Whether this worker keeps our event loop alive. An idle one must not. */
  hold(busy: boolean): void
  /** Ends it at once; its exit is reported, with this reason. */
  kill(reason: string): void
  close(): Promise<void>
}

/**
 * The compiled worker. Resolved through the package's own imports map, so that it is found alike from the sources and
 * from dist/.
 */
export function workerScript(): string {
  return createRequire(import.meta.url).resolve('#embed-worker')
}

/** Forks a worker. Its standard output goes to our standard error: ours carries results only. */
export function startWorkerProcess(script: string, events: WorkerEvents): WorkerProcess {
  const child = fork(script, [], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 2, 'inherit', 'ipc'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  })
  let over = false
  let killedFor: string | null = null
  const end = (reason: string): void => {
    if (over) return
    over = true
    events.onExit(reason)
  }
  child.on('message', (message) => {
    // What a worker says that was ended meanwhile would free it for another text, which then dies with it.
    if (!over && killedFor === null) events.onReply(message as WorkerReply)
  })
  child.on('exit', (code, signal) => end(killedFor ?? signal ?? `exit code ${code}`))
  // Its message holds the path of the program.
  child.on('error', (error) => end('code' in error ? String(error.code) : error.name))
  return {
    pid: child.pid,
    // A send fails only where the worker is gone, and its exit is reported anyway.
    send: (request) => void (child.connected && child.send(request, () => {})),
    hold: (busy) => hold(child, busy),
    kill: (reason) => {
      killedFor = reason
      child.kill('SIGKILL')
    },
    close: () => {
      over = true
      return closeChild(child)
    },
  }
}

function hold(child: ChildProcess, busy: boolean): void {
  if (busy) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}

async function closeChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE)
  if (child.connected) child.disconnect()
  await exited
  clearTimeout(timer)
}

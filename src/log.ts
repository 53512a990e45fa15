import { destination, type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import type { RequestLine } from './domain/metrics.ts'

/** How long the line of a request may wait for others, in milliseconds, and how many characters of them. */
const HELD_MS = 100
const HELD_LENGTH = 4_096

export interface Logs {
  /** Its lines are written at once, so that the last one before an end of the process is there too. */
  readonly log: Logger
  /** For what comes with every request: its lines are written together, a moment later, and before those of `log`. */
  readonly requestLog: (request: RequestLine) => void
}

/** Several lines a millisecond share their time's text. */
function createTimestamp(): () => string {
  let last = Number.NaN
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== last) text = `,"time":"${new Date(now).toISOString()}"`
    last = now
    return text
  }
}

/** JSON lines on standard error: standard output carries results only. */
export function createLogs(level: Config['logLevel']): Logs {
  const out = destination({ fd: 2, sync: true })
  let timer: NodeJS.Timeout | null = null
  let held = ''
  const flush = () => {
    if (timer) clearTimeout(timer)
    timer = null
    if (held !== '') out.write(held)
    held = ''
  }
  const now = (line: string) => {
    flush()
    out.write(line)
  }
  const soon = (line: string) => {
    held += line
    if (held.length >= HELD_LENGTH) flush()
    else timer ??= setTimeout(flush, HELD_MS).unref()
  }
  process.once('exit', () => {
    flush()
    out.flushSync()
  })
  const timestamp = createTimestamp()
  const log = pino({ level, base: { pid: process.pid }, timestamp }, { write: now })
  const head = `"pid":${process.pid}`
  const requestLog = (request: RequestLine) => {
    if (!log.isLevelEnabled('info')) return
    // As pino writes it, but it need not find out about each value: the form is always this one.
    const body = JSON.stringify(request).slice(1, -1)
    soon(`{"level":30${timestamp()},${head},${body},"msg":"request"}\n`)
  }
  return { log, requestLog }
}

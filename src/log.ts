import { destination, type Logger, pino } from 'pino'
import type { Config } from './config.ts'

/**
 * JSON lines on standard error: standard output carries results only. Written synchronously, so that the last line
 * before an end of the process is there too.
 */
export function createLog(level: Config['logLevel']): Logger {
  return pino(
    { level, base: { pid: process.pid }, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    destination({ fd: 2, sync: true }),
  )
}

import { z } from 'zod'

/** Who writes to an index folder, as it says itself. The lock stands without it: it may be missing or out of date. */
export const Writer = z.object({
  pid: z.int().min(1),
  /** What was started, e.g. `kindred serve`. */
  command: z.string().min(1).max(200),
  startedAt: z.iso.datetime(),
  /** Where a server answers; null for other programs, and until it does. */
  url: z.url().nullable(),
})
export type Writer = z.infer<typeof Writer>

/** `pid 4711 (kindred serve at http://127.0.0.1:8787 since 2026-01-31T09:00:00.000Z)` */
export function describeWriter(writer: Writer | null): string {
  if (!writer) return 'another process'
  const { pid, command, startedAt, url } = writer
  return `pid ${pid} (${command}${url === null ? '' : ` at ${url}`} since ${startedAt})`
}

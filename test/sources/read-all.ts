import { Readable } from 'node:stream'
import type { SourceItem } from '../../src/domain/ports.ts'
import { type ReadOptions, readSources } from '../../src/sources/read.ts'

type Content = string | Uint8Array | Iterable<string | Uint8Array>

/** What `kindred ingest -` would read from this content; chunks as given where it is a list. */
export function readStdin(content: Content, options: ReadOptions = {}): Promise<SourceItem[]> {
  const whole = typeof content === 'string' || content instanceof Uint8Array
  return collect(readSources(['-'], { ...options, stdin: Readable.from(whole ? [Buffer.from(content)] : content) }))
}

export async function collect(items: AsyncIterable<SourceItem>): Promise<SourceItem[]> {
  const all: SourceItem[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The records alone, as what they hold is what most tests are about. */
export function recordsOf(items: readonly SourceItem[]): Record<string, unknown>[] {
  return items.flatMap((item) => ('record' in item ? [item.record as Record<string, unknown>] : []))
}

/** `line CODE` of each problem. */
export function problemsOf(items: readonly SourceItem[]): string[] {
  return items.flatMap((item) => ('error' in item ? [`${item.line} ${item.error.code}`] : []))
}

/** `line title` of each record and `line CODE` of each problem, in order. */
export function summaryOf(items: readonly SourceItem[]): string[] {
  return items.map((item) => {
    if ('error' in item) return `${item.line} ${item.error.code}`
    return `${item.line} ${(item.record as { title?: string }).title}`
  })
}

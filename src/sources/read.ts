import { fail, KindredError } from '../domain/errors.ts'
import type { SourceItem } from '../domain/ports.ts'
import { createByteCount, type OnBytes } from './byte-count.ts'
import { fileBytes, streamBytes, unpacked } from './bytes.ts'
import { HEAD_LENGTH, problem, type SourceInput } from './format.ts'
import { FORMATS } from './formats.ts'
import { parseJsonArray } from './json-array.ts'
import { parseJsonl } from './jsonl.ts'
import { lookAhead } from './look-ahead.ts'
import { expandPaths, type Input } from './paths.ts'
import { bodyItem } from './record.ts'
import { decodeText, looksBinary, refuseBrokenText } from './text.ts'
import { describeUnknown, looksLikeHtml } from './unknown.ts'

export interface ReadOptions {
  /** The day that listing pages were captured, `YYYY-MM-DD`; its year is that of dates written without one. */
  readonly captured?: string | undefined
  /** What `-` reads; the process's own stdin unless given. */
  readonly stdin?: NodeJS.ReadableStream | undefined
  readonly signal?: AbortSignal | undefined
  /** How far the reading has come, for a display of progress. */
  readonly onBytes?: OnBytes | undefined
}

type Counted = Awaited<ReturnType<typeof createByteCount>>

/**
 * Reads papers from files, folders, globs and stdin (`-`), each plain or gzipped and in any format of `FORMATS`, told by
 * its content. Everything is streamed. What is wrong with a path, a file or a record is an item with its line (1 for a
 * whole file), and the rest still comes. Throws INTERRUPTED when `signal` aborts.
 */
export async function* readSources(paths: readonly string[], options: ReadOptions = {}): AsyncGenerator<SourceItem> {
  const inputs: Input[] = []
  for await (const input of expandPaths(paths)) inputs.push(input)
  const counted = await createByteCount(inputs, options.onBytes ?? (() => undefined))
  for (const input of inputs) {
    for await (const item of readInput(input, counted, options)) {
      if (options.signal?.aborted) fail('INTERRUPTED')
      yield refuseBrokenText(item)
    }
  }
}

async function* readInput(input: Input, counted: Counted, options: ReadOptions): AsyncGenerator<SourceItem> {
  if (options.signal?.aborted) fail('INTERRUPTED')
  const { source } = input
  if (input.kind === 'none') return yield { source, line: 1, error: input.error }
  const bytes =
    input.kind === 'file'
      ? fileBytes(input.path, options.signal)
      : streamBytes(() => options.stdin ?? process.stdin, options.signal)
  let line = 1
  let items = 0
  try {
    for await (const item of readText({
      source,
      text: decodeText(unpacked(counted(bytes))),
      captured: options.captured,
    })) {
      line = item.line
      items += 1
      yield item
    }
    if (items === 0) yield problem({ source, line }, 'SOURCE_EMPTY', 'The file holds no papers.')
  } catch (thrown) {
    if (!(thrown instanceof KindredError) || thrown.code === 'INTERRUPTED') throw thrown
    yield { source, line, error: thrown }
  }
}

async function* readText(input: SourceInput): AsyncGenerator<SourceItem> {
  const ahead = await lookAhead(input.text, HEAD_LENGTH)
  const head = ahead.seen.join('').slice(0, HEAD_LENGTH)
  const recognisable = !looksBinary(head) && !looksLikeHtml(head)
  const format = recognisable ? FORMATS.find((candidate) => candidate.detect(head)) : undefined
  if (format !== undefined) return yield* format.parse({ ...input, text: ahead.all() })
  if (ahead.ended && head.trim() === '') return yield problem({ source: input.source, line: 1 }, 'SOURCE_EMPTY')
  // Where reading failed before anything could be recognised, that failure is the news.
  if (head.trim() === '') for await (const _chunk of ahead.all()) break
  await ahead.close()
  yield problem({ source: input.source, line: 1 }, 'SOURCE_UNKNOWN', describeUnknown(head))
}

/**
 * Reads the papers of a request body. Fields are left as they are, so that the schema refuses unknown ones.
 * Throws INVALID_REQUEST where a `json` body is not an array, and whatever reading `chunks` throws.
 */
export async function* readBody(
  chunks: AsyncIterable<Uint8Array | string>,
  contentKind: 'json' | 'ndjson',
  source: string,
): AsyncGenerator<SourceItem> {
  const ahead = await lookAhead(decodeText(chunks), HEAD_LENGTH)
  const input = { source, text: ahead.all() }
  if (contentKind === 'json' && !ahead.seen.join('').trimStart().startsWith('[')) {
    await ahead.close()
    fail('INVALID_REQUEST', 'The body is not a JSON array of papers.')
  }
  const items = contentKind === 'json' ? parseJsonArray(input, bodyItem) : parseJsonl(input, bodyItem)
  for await (const item of items) yield refuseBrokenText(item)
}

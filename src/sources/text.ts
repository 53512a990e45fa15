import { Buffer } from 'node:buffer'
import type { SourceItem } from '../domain/ports.ts'
import { problem } from './format.ts'

/**
 * Stands where bytes were not UTF-8. A lone surrogate never comes out of valid UTF-8, whereas U+FFFD may be written in
 * a sound file; so it tells damage apart from a quoted replacement character.
 */
const DAMAGE = '\udfff'
const REPLACEMENT = Buffer.from('\ufffd')
const LONE_SURROGATE = /\p{Cs}/u
/** Control characters that no text has; tab, line feed, form feed and carriage return are left out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ODD = /[\u0000-\u0008\u000e-\u001f\u007f\udfff]/g

/** Bytes as text. UTF-8, or UTF-16 where a BOM says so; the BOM itself is dropped. */
export async function* decodeText(bytes: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  let decoder: ChunkDecoder | undefined
  let waiting = Buffer.alloc(0)
  for await (const chunk of bytes) {
    waiting = Buffer.concat([waiting, typeof chunk === 'string' ? Buffer.from(chunk) : chunk])
    if (decoder === undefined && waiting.length < 3) continue
    decoder ??= decoderFor(waiting)
    const { text, rest } = decoder(waiting, false)
    waiting = rest
    if (text !== '') yield text
  }
  const { text } = (decoder ?? decoderFor(waiting))(waiting, true)
  if (text !== '') yield text
}

type ChunkDecoder = (bytes: Buffer<ArrayBuffer>, last: boolean) => { text: string; rest: Buffer<ArrayBuffer> }

function decoderFor(start: Buffer): ChunkDecoder {
  if (start[0] === 0xff && start[1] === 0xfe) return utf16('utf-16le')
  if (start[0] === 0xfe && start[1] === 0xff) return utf16('utf-16be')
  return utf8()
}

function utf16(label: string): ChunkDecoder {
  const decoder = new TextDecoder(label)
  return (bytes, last) => ({ text: decoder.decode(bytes, { stream: !last }), rest: Buffer.alloc(0) })
}

function utf8(): ChunkDecoder {
  let first = true
  return (bytes, last) => {
    const end = bytes.length - (last ? 0 : unfinished(bytes))
    const text = withDamage(bytes.subarray(0, end))
    const rest = Buffer.from(bytes.subarray(end))
    const start = first && text.startsWith('\ufeff') ? 1 : 0
    if (end > 0) first = false
    return { text: text.slice(start), rest }
  }
}

/** How many bytes at the end belong to a character that goes on in the next chunk. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes.at(-back)
    if (byte === undefined || byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return back < length ? back : 0
  }
  return 0
}

function withDamage(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!text.includes('\ufffd')) return text
  const parts: string[] = []
  let from = 0
  while (from <= bytes.length) {
    const found = bytes.indexOf(REPLACEMENT, from)
    const to = found < 0 ? bytes.length : found
    parts.push(bytes.toString('utf8', from, to).replaceAll('\ufffd', DAMAGE))
    if (found < 0) break
    from = found + REPLACEMENT.length
  }
  return parts.join('\ufffd')
}

/** NUL, or more than a tenth of what no text has. */
export function looksBinary(head: string): boolean {
  if (head.includes('\0')) return true
  return (head.match(ODD)?.length ?? 0) > head.length / 10
}

/** The item itself, or RECORD_BROKEN where its text is no Unicode: kept, it would be stored as something else. */
export function refuseBrokenText(item: SourceItem): SourceItem {
  if ('error' in item || !holdsBrokenText(item.record)) return item
  return problem(item, 'RECORD_BROKEN', 'The record holds text that is not valid Unicode. Save the file as UTF-8.')
}

function holdsBrokenText(value: unknown): boolean {
  if (typeof value === 'string') return LONE_SURROGATE.test(value)
  if (typeof value !== 'object' || value === null) return false
  // Embeddings are long and hold numbers only.
  if (Array.isArray(value) && typeof value[0] === 'number') return false
  return Object.values(value).some(holdsBrokenText)
}

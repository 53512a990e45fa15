import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PaperRecord } from '../../src/domain/paper.ts'
import type { SourceItem } from '../../src/domain/ports.ts'
import type { SourceFormat } from '../../src/sources/format.ts'
import { FORMATS } from '../../src/sources/formats.ts'
import { readSources } from '../../src/sources/read.ts'
import { collect, readStdin, summaryOf } from '../sources/read-all.ts'
import { createRandom } from '../support/random.ts'

export interface SourceSample {
  readonly format: SourceFormat
  /** Sound records around one broken one, with characters of two, three and four bytes in UTF-8. */
  readonly text: string
  /** `line title` of each record, `line CODE` of the broken one. */
  readonly expected: readonly string[]
  /** False where the records can be known only at the end of the text. */
  readonly streams: boolean
}

/** The bytes in pieces of random length, so that some end within a character. */
function randomPieces(bytes: Buffer, seed: number): Buffer[] {
  const random = createRandom(seed)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random() ** 3 * 60)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

/** What every SourceFormat promises. */
export function paperSourceContract({ format, text, expected, streams }: SourceSample): void {
  describe(`${format.name} as a SourceFormat`, () => {
    const bytes = Buffer.from(text)
    const plain = (items: readonly SourceItem[]): unknown => JSON.parse(JSON.stringify(items))

    it('is recognised by its content', () => {
      expect(FORMATS.find((candidate) => candidate.detect(text))?.name).toBe(format.name)
    })

    it('yields its records with their lines, and a broken one loses none of its neighbours', async () => {
      expect(summaryOf(await readStdin(text))).toEqual(expected)
    })

    it('yields plain objects that are valid papers', async () => {
      const records = (await readStdin(text)).flatMap((item) => ('record' in item ? [item.record] : []))
      for (const record of records) expect(PaperRecord.safeParse(record)).toMatchObject({ success: true })
    })

    it.each([1, 2, 3, 4, 5])('yields the same whatever the chunks are (seed %i)', async (seed) => {
      expect(plain(await readStdin(randomPieces(bytes, seed)))).toEqual(plain(await readStdin(text)))
    })

    it('yields the same byte by byte', async () => {
      const single = [...bytes].map((byte) => Buffer.from([byte]))
      expect(plain(await readStdin(single))).toEqual(plain(await readStdin(text)))
    })

    it('yields the same with a BOM, gzipped, and with Windows line ends', async () => {
      const items = plain(await readStdin(text))
      expect(plain(await readStdin(`\ufeff${text}`))).toEqual(items)
      expect(plain(await readStdin(gzipSync(bytes)))).toEqual(items)
      expect(summaryOf(await readStdin(text.replaceAll('\n', '\r\n')))).toEqual(expected)
    })

    it('lets its input go when the consumer stops', async () => {
      let released = false
      async function* input(): AsyncGenerator<string> {
        try {
          yield text
        } finally {
          released = true
        }
      }
      for await (const _item of format.parse({ source: 'sample', text: input() })) break
      expect(released).toBe(true)
    })

    it('stops with INTERRUPTED when the signal aborts', async () => {
      const controller = new AbortController()
      async function* input(): AsyncGenerator<string> {
        yield text
        controller.abort()
        yield text
      }
      const items = readSources(['-'], { stdin: Readable.from(input()), signal: controller.signal })
      await expect(collect(items)).rejects.toMatchObject({ code: 'INTERRUPTED' })
    })

    it.runIf(streams)('yields records before its input has ended', async () => {
      async function* endless(): AsyncGenerator<string> {
        yield text
        while (true) yield '\n'
      }
      for await (const item of format.parse({ source: 'sample', text: endless() })) {
        expect(item).toMatchObject({ source: 'sample' })
        break
      }
    })
  })
}

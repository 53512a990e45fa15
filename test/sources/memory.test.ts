import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { readStdin, summaryOf } from './read-all.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function heldBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** A text whose second record has 40 MB between `start` and `end`. */
interface HugeRecord {
  readonly start: string
  readonly end: string
  readonly expected: readonly string[]
}

const HUGE: Readonly<Record<string, HugeRecord>> = {
  JSONL: {
    start: '{"title":"A"}\n{"title":"',
    end: '"}\n{"title":"C"}\n',
    expected: ['1 A', '2 RECORD_TOO_LARGE', '3 C'],
  },
  'JSON array': {
    start: '[{"title":"A"},\n{"title":"',
    end: '"},\n{"title":"C"}]',
    expected: ['1 A', '2 RECORD_TOO_LARGE', '3 C'],
  },
  CSV: {
    start: 'title,abstract\nA,a\nB,',
    end: '\nC,c\n',
    expected: ['2 A', '3 RECORD_TOO_LARGE', '4 C'],
  },
  'BibTeX, within an entry': {
    start: '@misc{a, title={A}}\n@misc{b,\n abstract={',
    end: '}\n}\n@misc{c, title={C}}\n',
    expected: ['1 A', '2 RECORD_TOO_LARGE', '5 C'],
  },
  'BibTeX, on one line': {
    start: '@misc{a, title={A}}\n@misc{b, abstract={',
    end: '}}\n@misc{c, title={C}}\n',
    expected: ['1 A', '2 RECORD_TOO_LARGE', '3 C'],
  },
  'arXiv Atom': {
    start: '<feed>\n<entry><title>A</title></entry>\n<entry><summary>',
    end: '</summary></entry>\n<entry><title>C</title></entry>\n</feed>',
    expected: ['2 A', '3 RECORD_TOO_LARGE', '4 C'],
  },
  'listing page': {
    start: 'Daily Papers\nbyAK and the research community\nA\nAn abstract. It is short.\nB\n',
    end: '\nC\nAn abstract. It is short.\n',
    expected: ['3 A', '5 RECORD_TOO_LARGE', '7 C'],
  },
}

describe('a record of 40 MB', () => {
  it.each(Object.entries(HUGE))('is passed over without being held: %s', async (_name, { start, end, expected }) => {
    const piece = 'lorem ipsum '.repeat(5_000)
    let held = 0
    function* generate(): Generator<string> {
      yield start
      const before = heldBytes()
      for (let made = 0; made < 40_000_000; made += piece.length) yield piece
      held = heldBytes() - before
      yield end
    }
    expect(summaryOf(await readStdin(generate()))).toEqual(expected)
    expect(held).toBeLessThan(20_000_000)
  })
})

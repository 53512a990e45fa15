import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readSources } from '../../src/sources/read.ts'
import { collect, problemsOf, recordsOf } from './read-all.ts'

const SEEDS = fileURLToPath(new URL('../../../shared/seeds/', import.meta.url))
const PRESENT = existsSync(SEEDS)
const pages = PRESENT ? readdirSync(SEEDS).sort() : []

interface Counted {
  authorCount?: number
  organization?: { handle: string; name: string }
  publishedAt?: string
  dateInferred?: boolean
  commentCount?: number
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** What stands under each abstract, found by matching lines: an abstract is any line of more than 400 characters. */
function count(page: string, captureYear: number): Counted[] {
  const entries: Counted[] = []
  const lines = page.split('\n')
  lines.forEach((line, at) => {
    if (line.length > 400) entries.push({})
    if (line !== '·') return
    Object.assign(entries.at(-1) ?? {}, above(lines[at - 1] ?? ''), below(lines[at + 1] ?? '', captureYear))
  })
  return entries
}

function above(line: string): Counted {
  const authors = /^ {2}• (\d+) authors$/.exec(line)
  if (authors) return { authorCount: Number(authors[1]) }
  const [, handle = '', name = ''] = /^(\S+) (.+)$/.exec(line) ?? []
  return { organization: { handle, name } }
}

function below(line: string, captureYear: number): Counted {
  const [, month = '', day = '', year, comments] = /^(\w{3}) (\d+)(?:, (\d{4}))?(?: (\d+))?$/.exec(line) ?? []
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0')
  const publishedAt = `${year ?? captureYear}-${number}-${day.padStart(2, '0')}`
  return { publishedAt, dateInferred: year === undefined, commentCount: Number(comments ?? 0) }
}

describe.skipIf(!PRESENT)('the five listing pages (skipped where ../shared/seeds is absent)', () => {
  it('hold 408 papers of 349 titles, and nothing is wrong with any', async () => {
    const items = await collect(readSources([SEEDS]))
    const counts = pages.map((page) => items.filter((item) => item.source === page).length)
    expect(counts).toEqual([78, 119, 94, 74, 43])
    expect(problemsOf(items)).toEqual([])
    expect(new Set(recordsOf(items).map(({ title }) => title)).size).toBe(349)
  })

  it.each([3, 4])('give the dates, organizations, author and comment counts of page %i', async (at) => {
    const path = `${SEEDS}${pages[at]}`
    const found = recordsOf(await collect(readSources([path]))).map(
      ({ title: _title, abstract: _abstract, ...rest }) => rest,
    )
    const counted = count(readFileSync(path, 'utf8'), 2025)
    expect(counted).toHaveLength(at === 3 ? 74 : 43)
    expect(found).toEqual(counted)
  })

  it('give titles and abstracts as the lines have them, in their order', async () => {
    for (const page of pages) {
      const lines = readFileSync(`${SEEDS}${page}`, 'utf8').replace('\nSubscribe', '\n').split('\n')
      const records = recordsOf(await collect(readSources([`${SEEDS}${page}`])))
      const texts = records.flatMap(({ title, abstract }) => [title, abstract])
      const positions = texts.map((text) => lines.indexOf(text as string))
      expect(positions).toEqual([...positions].sort((a, b) => a - b))
      expect(positions).not.toContain(-1)
      expect(lines.filter((line) => line.length > 400)).toEqual(records.map(({ abstract }) => abstract))
    }
  })

  it('are said to have no details where they write none', async () => {
    const items = await collect(readSources(pages.slice(0, 3).map((page) => `${SEEDS}${page}`)))
    for (const record of recordsOf(items)) expect(Object.keys(record)).toEqual(['title', 'abstract'])
  })
})

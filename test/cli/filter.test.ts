import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Facets } from '../../src/domain/facets.ts'
import { List } from '../../src/domain/query.ts'
import { createWorkplace, paperLines } from './run-kindred.ts'

const here = createWorkplace()

beforeAll(async () => {
  writeFileSync(join(here.dir, 'papers.jsonl'), paperLines(50).join(''))
  expect((await here.run(['ingest', 'papers.jsonl'])).code).toBe(0)
})

async function years(args: readonly string[]): Promise<(number | null)[]> {
  const { code, stdout, stderr } = await here.run([...args, '--json', '--limit', '100'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return List.parse(JSON.parse(stdout)).data.map(({ year }) => year)
}

describe('options that narrow down the papers', () => {
  it('bound search and similar', async () => {
    expect(await years(['search', 'sparse kernel', '--year', '2003', '--year', '-2001'])).toHaveLength(6)
    const near = await years(['similar', 'study-3', '--year', '2020-', '--filter', '{"year": {"$lt": 2022}}'])
    expect(near.toSorted()).toEqual([2020, 2020, 2021, 2021])
    expect(await years(['similar', '--text', 'sparse kernel', '--filter', '{"year": 2024}'])).toEqual([2024, 2024])
    expect(await years(['search', 'sparse', '--source', 'papers.jsonl', '--author', 'nobody'])).toEqual([])
  })

  it.each([
    ['a filter that is not JSON', ['search', 'x', '--filter', '{year: 1}'], 'JSON'],
    ['a filter with an unknown field', ['search', 'x', '--filter', '{"titel": 1}'], 'filter.titel'],
    ['a year that is none', ['similar', 'study-1', '--year', 'soon'], 'year.0'],
    ['an unknown facet', ['facets', '--by', 'year,colour'], 'by.1'],
  ])('refuse %s', async (_, args, hint) => {
    const { code, stdout, stderr } = await here.run([...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(hint)
  })
})

describe('kindred facets', () => {
  it('counts papers by their values, as JSON and for people', async () => {
    const { stdout } = await here.run(['facets', '--by', 'year,source', '--year', '2023-', '--json'])
    expect(Facets.parse(JSON.parse(stdout))).toEqual({
      total: 4,
      facets: {
        year: [
          { value: 2023, count: 2 },
          { value: 2024, count: 2 },
        ],
        source: [{ value: 'papers.jsonl', count: 4 }],
      },
    })
    const people = await here.run(['facets', 'sparse', '--by', 'source'])
    expect(people.stdout).toMatch(/^source\n +\d+ {2}papers\.jsonl\n$/)
    expect(people.stderr).toMatch(/^of \d+ papers?\n$/)
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { CslItem } from '../../src/domain/bibliography.ts'
import { Paper } from '../../src/domain/paper.ts'
import { List, PaperPage } from '../../src/domain/query.ts'
import { createWorkplace, type Workplace } from './run-kindred.ts'

const SAMPLE = new URL('../../data/sample.jsonl', import.meta.url)

async function output(place: Workplace, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.run(args)
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function papersOf(place: Workplace) {
  const { data } = PaperPage.parse(JSON.parse(await output(place, 'list', '--limit', '100', '--json')))
  const told = data.map(({ title, abstract, authors, year, arxivId, doi }) => ({
    title,
    abstract,
    authors,
    year,
    arxivId,
    doi,
  }))
  return told.sort((one, other) => (one.title < other.title ? -1 : 1))
}

const here = createWorkplace()
beforeAll(async () => {
  writeFileSync(join(here.dir, 'sample.jsonl'), readFileSync(SAMPLE))
  await output(here, 'ingest', 'sample.jsonl')
})

describe('kindred export --format', () => {
  it('bibtex is the whole library, which ingest takes back with titles, abstracts, authors, years and identifiers', async () => {
    await output(here, 'export', 'library.bib', '--format', 'bibtex')
    const there = createWorkplace()
    await output(there, 'ingest', join(here.dir, 'library.bib'))
    const papers = await papersOf(there)
    expect(papers).toHaveLength(100)
    expect(papers).toEqual(await papersOf(here))
  })

  it('csl-json is one array of all papers, each with its own key', async () => {
    const items = CslItem.array().parse(JSON.parse(await output(here, 'export', '--format', 'csl-json')))
    expect(new Set(items.map(({ id }) => id)).size).toBe(100)
  })

  it('csl-json of an empty library is an empty array', async () => {
    const empty = createWorkplace()
    writeFileSync(join(empty.dir, 'one.jsonl'), '{"id":"x","title":"Alone","abstract":""}\n')
    await output(empty, 'ingest', 'one.jsonl')
    await output(empty, 'remove', 'x')
    expect(JSON.parse(await output(empty, 'export', '--format', 'csl-json'))).toEqual([])
  })

  it('ris is compressed where the name says so', async () => {
    expect(await output(here, 'export', 'library.ris.gz', '--format', 'ris')).toBe(
      'Exported 100 papers to library.ris.gz.\n',
    )
    const text = gunzipSync(readFileSync(join(here.dir, 'library.ris.gz'))).toString()
    expect(text.match(/^ER {2}- \r$/gm)).toHaveLength(100)
  })

  it('refuses another format', async () => {
    expect(await here.run(['export', '--format', 'endnote'])).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('--format of other commands', () => {
  it.each([
    ['search', 'attention for long documents'],
    ['similar', 'arxiv:1706.03762'],
    ['recommend', 'arxiv:1706.03762'],
  ])('cites what %s finds, in its order', async (...args) => {
    const { data } = List.parse(JSON.parse(await output(here, ...args, '--limit', '4', '--json')))
    const items = JSON.parse(await output(here, ...args, '--limit', '4', '--format', 'csl-json'))
    expect(
      CslItem.array()
        .parse(items)
        .map(({ custom }) => custom.id),
    ).toEqual(data.map(({ id }) => id))
  })

  it('cites one paper by show', async () => {
    const paper = Paper.parse(JSON.parse(await output(here, 'show', 'arxiv:1706.03762', '--json')))
    const entry = await output(here, 'show', 'arxiv:1706.03762', '--format', 'bibtex')
    expect(entry).toMatch(/^@misc\{vaswani2017,\n/)
    expect(entry).toContain(`title = {${paper.title}}`)
  })
})

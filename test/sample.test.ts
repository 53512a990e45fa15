import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { titleKey } from '../src/domain/identity.ts'
import { PaperRecord } from '../src/domain/paper.ts'

const records = readFileSync(new URL('../data/sample.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): unknown => JSON.parse(line))

describe('the sample corpus', () => {
  it('is made of valid records with abstracts, authors, years and arXiv ids', () => {
    for (const record of records) {
      const { abstract, authors, year, arxivId } = PaperRecord.parse(record)
      expect(abstract?.split(/(?<=[.!?])\s+(?=[A-Z$])/).length).toBeGreaterThanOrEqual(4)
      expect(authors?.length).toBeGreaterThan(0)
      // Old papers came to arXiv late, none came early.
      expect(year).toBe(2000 + Number(arxivId?.slice(0, 2)))
    }
  })

  it('holds about a hundred papers, each once', () => {
    const titles = new Set(records.map((record) => titleKey(PaperRecord.parse(record).title)))
    expect(titles.size).toBe(records.length)
    expect(records.length).toBeGreaterThanOrEqual(90)
  })
})

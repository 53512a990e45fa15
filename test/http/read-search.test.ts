import { describe, expect, it } from 'vitest'
import { readSearch } from '../../src/http/routes/search.ts'

const DEFAULTS = { query: 'tide', mode: 'hybrid', limit: 10, offset: 0, exact: false, explain: false }

describe('the parameters of a search', () => {
  it('are read alike, asked for the first time or again', () => {
    for (let again = 0; again < 3; again += 1) {
      expect(readSearch('/v1/search?q=+tide%20')).toEqual(DEFAULTS)
      expect(readSearch(`/v1/search?limit=3&q=tide&minScore=0.${again}&fields=title,score`)).toEqual({
        ...DEFAULTS,
        limit: 3,
        minScore: again / 10,
        fields: ['title', 'score'],
      })
      expect(readSearch('/v1/search?year=2019&q=moon')).toMatchObject({
        query: 'moon',
        filter: { or: [{ in: [2019] }] },
      })
    }
  })

  it('leave nothing of a question behind for the next one', () => {
    expect(readSearch('/v1/search?q=tide&minScore=0.5&limit=4')?.minScore).toBe(0.5)
    expect(readSearch('/v1/search?q=moon&limit=4')).toEqual({ ...DEFAULTS, query: 'moon', limit: 4 })
    expect(readSearch('/v1/search?q=moon&minScore=0%2E5&limit=4')?.minScore).toBe(0.5)
  })

  it.each([
    'q',
    'limit=5',
    'q=tide&limit=5&q=moon',
    'q&limit=5&q=moon',
    'q=tide&limit=5&%71=moon',
    'q=tide&limit=5&minScore=2',
    'q=tide&limit=5&minScore',
    'q=tide&limit=5&minScore=',
    'q=tide&limit=5&minScore=0,5',
    'q=&limit=5',
    'q=tide&minScore=0.1&limit=5&minScore=0.2',
    'q=tide&limit=5&%6dinScore=0.5&minScore=0.1',
    'q=tide&limit=5&format=bibtex',
    'q=tide&limit=5&limit=5',
  ])('are refused in %s, whatever was valid before', (text) => {
    for (const valid of ['q=tide', 'q=tide&limit=5', 'limit=5&q=tide&minScore=0.1', 'q=tide&limit=5&%6dinScore=0.5']) {
      expect(readSearch(`/v1/search?${valid}`)).not.toBeNull()
      expect(readSearch(`/v1/search?${text}`)).toBeNull()
    }
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { SimilarRequest, SimilarTextRequest } from '../../src/domain/query.ts'
import { countWords } from '../../src/services/known-words.ts'
import { similarPapers } from '../../src/services/similar.ts'
import { similarToText } from '../../src/services/similar-text.ts'
import { profileOf } from '../../src/services/word-profile.ts'
import { add, type Library, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'

const RARE = [
  { id: 'serac', title: 'On seracs', abstract: 'A common study of a serac and a moraine in common light.' },
  { id: 'moraine', title: 'On moraines', abstract: 'A common study of a moraine and a serac at common night.' },
  { id: 'oven', title: 'On ovens', abstract: 'A common study of an oven and a loaf in common light.' },
]
const COMMON = Array.from({ length: 40 }, (_, at) => ({
  id: `c${at}`,
  title: `Common ${at}`,
  abstract: 'Study light.',
}))

let library: Library
beforeEach(async () => {
  library = await openLibrary()
  await add(library, [...RARE, ...COMMON])
})

const counts = RARE.map(({ title, abstract }) => countWords(`${title}. ${abstract}`))

describe('countWords', () => {
  it('counts the first 500 different words as often as they stand anywhere, and no others', () => {
    const words = Array.from({ length: 600 }, (_, at) => `w${at}`)
    const counts = countWords([...words, ...words].join(' '))
    expect([counts.size, counts.get('w0'), counts.get('w499'), counts.has('w500')]).toEqual([500, 2, 2, false])
  })
})

describe('profileOf', () => {
  it('leads with the rare words that the texts share', async () => {
    const profile = await profileOf(library, counts.slice(0, 2))
    expect(new Set(profile.leading(2))).toEqual(new Set(['serac', 'moraine']))
    expect(profile.leading(100)).toContain('light')
  })

  it('finds a text as like itself as can be, and another as like as what they share', async () => {
    const [serac, moraine, oven] = counts
    const { likeness } = await profileOf(library, counts.slice(0, 1))
    const values = [serac, moraine, oven].map((text) => likeness(text ?? new Map()))
    expect(values).toEqual(values.toSorted((one, other) => other - one))
    expect(values[0]).toBe(1)
    expect(values[1]).toBeGreaterThan(2 * (values[2] ?? 1))
    expect(likeness(countWords('Nothing whatever'))).toBe(0)
  })

  it('passes over words that no paper holds, and over all of them', async () => {
    const foreign = await profileOf(library, [countWords('zyzzyva xylyl')])
    expect([foreign.leading(9), foreign.likeness(countWords('zyzzyva'))]).toEqual([[], 0])
  })

  it('goes by what many texts share where one of many says nothing', async () => {
    const many = await profileOf(
      library,
      COMMON.slice(0, 6).map(({ title, abstract }, at) =>
        countWords(`${title} ${abstract} ${at === 0 ? 'serac' : ''}`),
      ),
    )
    expect(many.leading(100)).not.toContain('serac')
    expect(many.leading(100)).toContain('light')
  })

  it('sees what is written meanwhile', async () => {
    const before = (await profileOf(library, counts.slice(0, 1))).leading(1)
    await add(
      library,
      Array.from({ length: 60 }, (_, at) => ({ title: `New ${at}`, abstract: 'serac moraine' })),
    )
    expect(before).not.toEqual((await profileOf(library, counts.slice(0, 1))).leading(1))
  })
})

describe('similar in hybrid mode', () => {
  const ids = (data: readonly { id: string }[]) => data.map(({ id }) => id)

  it('puts the paper of the same rare words first, and says how', async () => {
    const { data } = await similarPapers(library, SimilarRequest.parse({ id: 'serac', mode: 'hybrid', explain: true }))
    expect(data[0]).toMatchObject({ id: 'moraine', explain: { lexical: { rank: 1, terms: [] } } })
    for (const { score, explain } of data) expect(score).toBe(Math.min(1, Math.max(0, explain?.fusion ?? -1)))
    expect(data.map(({ score }) => score)).toEqual(data.map(({ score }) => score).sort((one, other) => other - one))
    const silent = await similarPapers(library, SimilarRequest.parse({ id: 'serac', mode: 'hybrid' }))
    expect(silent.data.some((hit) => 'explain' in hit)).toBe(false)
  })

  it('takes a pasted text like a paper', async () => {
    const asked = { text: 'serac moraine', mode: 'hybrid' }
    expect(
      ids((await similarToText(library, SimilarTextRequest.parse(asked))).data)
        .slice(0, 2)
        .sort(),
    ).toEqual(['moraine', 'serac'])
  })

  it('pages through all papers, each once, scores never rising', async () => {
    await add(library, someRecords(300))
    const listed: { id: string; score: number }[] = []
    for (let offset: number | null = 0; offset !== null; ) {
      const page: Awaited<ReturnType<typeof similarPapers>> = await similarPapers(
        library,
        SimilarRequest.parse({ id: 'serac', mode: 'hybrid', limit: 70, offset }),
      )
      listed.push(...page.data)
      offset = page.next
    }
    expect(new Set(ids(listed)).size).toBe(342)
    expect(listed).toHaveLength(342)
    listed.slice(1).forEach(({ score }, at) => {
      expect(score).toBeLessThanOrEqual(listed[at]?.score ?? 0)
    })
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { removePaper } from '../../../src/services/papers.ts'
import { verifyAnswer } from '../../../src/services/verify/verify-answer.ts'
import { verifyRequest } from '../../support/corpus.ts'
import { add, type Library, openLibrary } from '../../support/library.ts'

const OTTERS = {
  id: 'otters',
  title: 'Otters Sort Pebbles by Their Ring',
  abstract:
    'We watch 1,250 otters for 3.5 years. An otter picks $O(n \\log n)$ pebbles, not more than needed, and its Erd\\H{o}s number is finite. Well-fed otters sort H<sub>2</sub>O-worn stones with 95% accuracy (p < 0.05).',
  authors: ['Ida Moen'],
  year: 2019,
}
const KILNS = {
  id: 'kilns',
  title: 'Kilns',
  abstract: 'Kilns glow at night when the glaze runs slowly over the rim.',
  authors: ['Per Moen'],
  year: 2019,
}

let deps: Library
beforeEach(async () => {
  deps = await openLibrary()
  await add(deps, [OTTERS, KILNS])
})

const verify = (given: object) => verifyAnswer(deps, verifyRequest(given))
const one = async (text: string, key?: string) => (await verify({ quotes: [{ text, ...(key && { key }) }] })).quotes[0]

describe('a quote', () => {
  it.each([
    'We watch 1,250 otters for 3.5 years',
    'WE WATCH 1250 OTTERS\nfor 3.5   years.',
    'picks $O(n \\log n)$ pebbles',
    'picks O(n log n) pebbles, not more',
    'its Erdős number is finite',
    'its Erd\\H{o}s number is finite',
    'Well‑fed otters sort H2O-worn stones',
    'wellfed otters sort H<sub>2</sub>O-worn stones',
    '95 percent accuracy (p < 0.05)',
    '“otters for 3.5 years” […] with 95% accuracy',
    'Otters sort pebbles by their ring',
  ])('stands word by word whatever it is dressed in: %s', async (text) => {
    expect(await one(text)).toMatchObject({
      verdict: 'exact',
      similarity: 1,
      source: { id: 'otters', key: 'moen2019' },
    })
  })

  it('is found where it stands', async () => {
    const found = await one('otter picks O(n log n) pebbles')
    expect(OTTERS.abstract.slice(found?.source?.start, found?.source?.end)).toBe('otter picks $O(n \\log n)$ pebbles')
    expect((await one('Sort Pebbles by Their Ring'))?.source).toMatchObject({ field: 'title', start: 7, end: 33 })
  })

  it.each([
    ['We watch 1,260 otters for 3.5 years', 'number'],
    ['We watch 1,250 otters for 35 years', 'number'],
    ['sort stones with 95% accuracy (p > 0.05)', 'number'],
    ['We never watch 1,250 otters for 3.5 years', 'negation'],
    ['picks pebbles, more than needed, and its number', 'negation'],
    ['more than needed, and its Erdős number is finite', 'negation'],
    ['Kilns glow at night when the glaze runs quickly over the rim', 'words'],
  ])('is altered by another word, number or negation: %s', async (text, kind) => {
    const found = await one(text)
    expect(found?.verdict).toBe('altered')
    expect(found?.changes.map((change) => change.kind)).toContain(kind)
  })

  it('is close with another article or inflection', async () => {
    const found = await one('Kilns glow at night when a glaze run slowly over its rim')
    expect(found).toMatchObject({
      verdict: 'close',
      changes: expect.arrayContaining([{ kind: 'form', quoted: 'run', stored: 'runs' }]),
    })
  })

  it('is missing where no paper says so, also when it is empty of words', async () => {
    expect(await one('every ledger surprises a violin while it rains')).toMatchObject({
      verdict: 'missing',
      source: null,
    })
    expect(await one('… !?')).toMatchObject({ verdict: 'missing', similarity: 0 })
  })

  it('may leave words out where it says so, but not the order, a negation, or all but single words', async () => {
    expect(await one('We watch 1,250 otters … sort H2O-worn stones')).toMatchObject({ verdict: 'exact' })
    expect((await one('sort H2O-worn stones … We watch 1,250 otters'))?.verdict).toBe('altered')
    expect((await one('An otter picks ... more than needed'))?.verdict).toBe('altered')
    expect((await one('otters … never … stones … finite'))?.verdict).not.toBe('exact')
    expect((await one('otters … pebbles … stones … accuracy'))?.verdict).toBe('missing')
  })

  it('must stand in the paper that is cited; where else it stands is said', async () => {
    expect(await one('Kilns glow at night', 'moen2019b')).toMatchObject({ verdict: 'exact', elsewhere: null })
    expect(await one('Kilns glow at night', 'moen2019')).toMatchObject({
      verdict: 'missing',
      source: null,
      elsewhere: { id: 'kilns', key: 'moen2019b', field: 'abstract', start: 0, end: 19 },
    })
    expect(await one('Kilns glow at night', 'nobody2001')).toMatchObject({
      verdict: 'missing',
      elsewhere: { id: 'kilns' },
    })
  })
})

describe('an answer', () => {
  const quotesOf = async (answer: string, more: object = {}) =>
    (await verify({ answer, ...more })).quotes.map(({ quote, keys, verdict }) => [quote, keys.join(), verdict])

  it('has its quotes in any quotation marks, from four words on', async () => {
    const answer =
      '"Kilns glow at night", “when the glaze runs slowly”, «the glaze runs slowly», „glow at night when“, a "glaze rim", it\'s ‘glow at night when the glaze’s’.'
    expect((await quotesOf(answer)).map(([quote]) => quote)).toEqual([
      'Kilns glow at night',
      'when the glaze runs slowly',
      'the glaze runs slowly',
      'glow at night when',
      'glow at night when the glaze’s',
    ])
    expect(await quotesOf('a "glaze runs" here', { minWords: 2 })).toEqual([['glaze runs', '', 'exact']])
  })

  it('ascribes a quote to the key inside, behind or before it, in this order', async () => {
    const kilns = 'Kilns glow at night'
    expect(await quotesOf(`"${kilns} [moen2019b]" as [moen2019] says`)).toEqual([[kilns, 'moen2019b', 'exact']])
    expect(await quotesOf(`In [moen2019] we read, "${kilns}" [moen2019b].`)).toEqual([[kilns, 'moen2019b', 'exact']])
    expect(await quotesOf(`As [@moen2019b] says, "${kilns}".`)).toEqual([[kilns, 'moen2019b', 'exact']])
    expect(await quotesOf(`"${kilns}." [moen2019; see moen2019b, p. 3]`)).toEqual(
      [[kilns, 'moen2019,moen2019b', 'exact']].map(([q, k, v]) => [`${q}.`, k, v]),
    )
    expect(await quotesOf(`He cites [moen2019]. Then "${kilns}" stands alone. Otters [moen2019] differ.`)).toEqual([
      [kilns, '', 'exact'],
    ])
    expect(await quotesOf(`"${kilns}" [moen2019b], and "the glaze runs slowly".`)).toEqual([
      [kilns, 'moen2019b', 'exact'],
      ['the glaze runs slowly', '', 'exact'],
    ])
  })

  it('has its keys looked up, with their places', async () => {
    const answer =
      'Otters sort [moen2019], kilns glow [Moen2019B; ghost2020], \\citep{moen2019}; [sic] and [12] are no keys.'
    const { keys, ok } = await verify({ answer })
    expect(keys.map(({ key, verdict, id }) => [key, verdict, id])).toEqual([
      ['moen2019', 'exact', 'otters'],
      ['Moen2019B', 'exact', 'kilns'],
      ['ghost2020', 'missing', null],
      ['moen2019', 'exact', 'otters'],
    ])
    for (const { key, start, end } of keys) expect(answer.slice(start ?? 0, end ?? 0)).toBe(key)
    expect(ok).toBe(false)
  })

  it('takes keys of its own, such as numbers, from the citations of a context', async () => {
    const citations = [{ key: '1', id: 'kilns', title: 'more of a citation is passed over' }]
    expect(await quotesOf('"Kilns glow at night" [1]', { citations })).toEqual([['Kilns glow at night', '1', 'exact']])
    expect((await verify({ answer: '[1] and [2]', citations })).keys).toHaveLength(1)
  })

  it('is refused with more quotes than are checked at once', async () => {
    const answer = '"Kilns glow at night" '.repeat(201)
    await expect(verify({ answer })).rejects.toMatchObject({ code: 'INVALID_REQUEST', issues: [{ path: 'answer' }] })
  })

  it('is sound without quotes and keys', async () => {
    expect(await verify({ answer: 'Nothing is "quoted" here.' })).toMatchObject({ ok: true, quotes: [], keys: [] })
  })
})

describe('a citation key', () => {
  it('is missing once its paper is removed, and leads to no other paper', async () => {
    await removePaper(deps, 'otters')
    await add(deps, [{ ...KILNS, id: 'third', title: 'A third' }])
    const { keys } = await verify({ answer: '[moen2019] [moen2019b] [moen2019c]' })
    expect(keys.map(({ id }) => id)).toEqual([null, 'kilns', 'third'])
    await add(deps, [OTTERS])
    expect((await verify({ answer: '[moen2019]' })).keys[0]?.id).toBe('otters')
  })
})

import { describe, expect, it } from 'vitest'
import { listingPage } from '../../src/sources/listing-page.ts'
import { paperSourceContract } from '../contract/paper-source.ts'
import { createRandom, pick } from '../support/random.ts'
import { problemsOf, readStdin, recordsOf, summaryOf } from './read-all.ts'

const HEADER = [
  'new',
  'Get trending papers in your email inbox!',
  'Subscribe',
  'Daily Papers',
  'byAK and the research community',
]
const ABSTRACT =
  'Ponds are noisy at night. We record twelve of them for a year and train a small model to tell the voices apart. It hears more frogs than we do, and fewer than there are.'
const TITLES = [
  'Hearing Frogs: A Pond at Night',
  'Tiny pond models',
  'Is Rain All You Hear?',
  'A-Pond^2: $O(n \\log n)$ Listening with α-Filters',
  'See https://pond.example/frogs for Everything About Frogs',
  'Counting the Voices of Several Hundred Amphibians in Recordings from Remote Ponds with a Network That Was Trained on Nothing but Rain, Wind, Passing Trains and the Occasional Conversation of Two Biologists',
  'Sep 28',
  'May 4, 2021',
  'Subscribers Leave: Why?',
]

/** Blank lines between titles and abstracts, no details. */
const spaced = (...lines: string[]): string => [...HEADER, 'Mar 12', ...lines].join('\n\n')
const paper = (title: string, ...details: string[]): string => [title, '', ABSTRACT, '', ...details, ''].join('\n')
const detailed = (...papers: string[]): string => `${[...HEADER, 'Nov 7'].join('\n\n')}\n\n${papers.join('\n')}`

paperSourceContract({
  format: listingPage,
  text: detailed(
    paper('Moss grows 🌱', '  • 5 authors', '·', 'Dec 11, 2024'),
    'No abstract here\n\n  • 2 authors\n·\nOct 3\n',
    paper('Köln ≤ 3', 'pond-lab Pond Lab', '·', 'Oct 3 2'),
    paper('Without details'),
  ),
  expected: ['13 Moss grows 🌱', '21 RECORD_BROKEN', '27 Köln ≤ 3', '35 Without details'],
  streams: false,
})

describe('a listing page with blank lines and no details', () => {
  it('gives title and abstract and nothing else', async () => {
    const page = spaced(...TITLES.flatMap((title) => [title, ABSTRACT]))
    expect(recordsOf(await readStdin(page))).toEqual(TITLES.map((title) => ({ title, abstract: ABSTRACT })))
  })

  it('is read without its page date and without its header too', async () => {
    const lines = TITLES.flatMap((title) => [title, ABSTRACT])
    for (const header of [HEADER, []]) {
      const items = await readStdin([...header, ...lines].join('\n\n'))
      expect(recordsOf(items)).toHaveLength(TITLES.length)
      expect(problemsOf(items)).toEqual([])
    }
  })

  it('passes over furniture wherever it stands', async () => {
    const page = spaced('Frog Song', ABSTRACT, ...HEADER, 'Mar 13', 'Toad Song', ABSTRACT, 'Subscribe', 'Daily Papers')
    expect(recordsOf(await readStdin(page)).map(({ title }) => title)).toEqual(['Frog Song', 'Toad Song'])
  })

  it('tells titles from abstracts that are shorter than they are', async () => {
    const pairs = TITLES.flatMap((title, at) => [
      title,
      at % 2 === 0 ? 'They sing. We listen to all of them.' : ABSTRACT,
    ])
    expect(recordsOf(await readStdin(spaced(...pairs))).map(({ title }) => title)).toEqual(TITLES)
  })

  it('gives up only the title whose abstract is missing', async () => {
    for (const missing of [0, 3, TITLES.length - 1]) {
      const lines = TITLES.flatMap((title, at) => (at === missing ? [title] : [title, ABSTRACT]))
      const items = await readStdin(spaced(...lines))
      expect(recordsOf(items).map(({ title }) => title)).toEqual(TITLES.filter((_title, at) => at !== missing))
      expect(problemsOf(items)).toEqual([`${13 + 4 * missing} RECORD_BROKEN`])
    }
  })

  it('does not take the page date for the title of a title', async () => {
    const items = await readStdin(spaced(TITLES[5] ?? '', 'Toad Song', ABSTRACT))
    expect(summaryOf(items)).toEqual(['13 RECORD_BROKEN', '15 Toad Song'])
  })

  it('gives up only an entry whose abstract is longer than a record can be', async () => {
    const page = spaced('Frog Song', ABSTRACT, 'Long Song', 'la '.repeat(1_700_000), 'Toad Song', ABSTRACT)
    expect(summaryOf(await readStdin(page))).toEqual(['13 Frog Song', '17 RECORD_TOO_LARGE', '21 Toad Song'])
  })
})

describe('a compact listing page', () => {
  const TOP = ['Get trending papers in your email inbox once a day!', 'Get trending papers in your email inbox!']

  it.each(TITLES)('cuts Subscribe off the first title: %s', async (title) => {
    const page = [...TOP, `Subscribe${title}`, ABSTRACT, 'Toad Song', ABSTRACT].join('\n')
    expect(summaryOf(await readStdin(page))).toEqual([`3 ${title}`, '5 Toad Song'])
  })

  it('leaves a later title that begins with the word', async () => {
    const page = [...TOP, 'SubscribeFrog Song', ABSTRACT, 'Subscribe to Ponds', ABSTRACT].join('\n')
    expect(summaryOf(await readStdin(page))).toEqual(['3 Frog Song', '5 Subscribe to Ponds'])
  })

  it('gives up a last title without abstract', async () => {
    const page = [...TOP, 'SubscribeFrog Song', ABSTRACT, 'Toad Song'].join('\n')
    expect(summaryOf(await readStdin(page))).toEqual(['3 Frog Song', '5 RECORD_BROKEN'])
  })
})

describe('a listing page with details', () => {
  const only = async (details: string[], captured?: string): Promise<Record<string, unknown>> => {
    const page = detailed(paper('Frog Song', ...details), paper('Old Song', '  • 1 authors', '·', 'Jul 10, 2018'))
    const [record] = recordsOf(await readStdin(page, { captured }))
    return Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => key !== 'title' && key !== 'abstract'))
  }

  it('reads author count, date and comment count', async () => {
    expect(await only(['  • 5 authors', '·', 'Dec 11, 2024'])).toEqual({
      authorCount: 5,
      publishedAt: '2024-12-11',
      dateInferred: false,
      commentCount: 0,
    })
    expect(await only(['  • 26 authors', '·', 'Apr 6, 2023 2'])).toMatchObject({ authorCount: 26, commentCount: 2 })
    expect(await only(['  • 1,024 authors', '·', 'Dec 1, 2023 12'])).toMatchObject({
      authorCount: 1024,
      commentCount: 12,
    })
  })

  it('reads an organization as handle and name', async () => {
    const date = ['·', 'Apr 6, 2023']
    expect(await only(['apple Apple', ...date])).toMatchObject({ organization: { handle: 'apple', name: 'Apple' } })
    expect(await only(['PondLab Pond Lab, Inc.', ...date])).toMatchObject({
      organization: { handle: 'PondLab', name: 'Pond Lab, Inc.' },
    })
    expect(await only(['pondlab', ...date])).toMatchObject({ organization: { handle: 'pondlab', name: 'pondlab' } })
  })

  it('takes the year after the last one written for dates without a year', async () => {
    expect(await only(['  • 5 authors', '·', 'Oct 3 2'])).toMatchObject({
      publishedAt: '2019-10-03',
      dateInferred: true,
      commentCount: 2,
    })
  })

  it('takes the year of the capture where that is given', async () => {
    const details = ['  • 5 authors', '·', 'Sep 28']
    expect(await only(details, '2025-11-07')).toMatchObject({ publishedAt: '2025-09-28', dateInferred: true })
    expect(await only(['  • 5 authors', '·', 'Sep 28, 2020'], '2025-11-07')).toMatchObject({
      publishedAt: '2020-09-28',
      dateInferred: false,
    })
  })

  it('leaves the date out where the page writes no year, or where the day does not exist', async () => {
    const page = detailed(paper('Frog Song', '  • 5 authors', '·', 'Sep 28'))
    const [record] = recordsOf(await readStdin(page))
    expect(record).toEqual({ title: 'Frog Song', abstract: ABSTRACT, authorCount: 5, commentCount: 0 })
    expect(await only(['  • 5 authors', '·', 'Feb 29'])).toEqual({ authorCount: 5, commentCount: 0 })
  })

  it('says nothing about an entry under which nothing is written', async () => {
    expect(await only([])).toEqual({})
  })

  it('takes titles that look like dates for titles', async () => {
    const page = detailed(...TITLES.map((title) => paper(title, '  • 5 authors', '·', 'Sep 28, 2020')))
    expect(recordsOf(await readStdin(page)).map(({ title }) => title)).toEqual(TITLES)
  })

  it('needs no line end at the end', async () => {
    const page = detailed(paper('Frog Song', '  • 5 authors', '·', 'Sep 28, 2020 7')).trimEnd()
    expect(recordsOf(await readStdin(page))).toMatchObject([{ authorCount: 5, commentCount: 7 }])
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('keeps every pair together on a random page (seed %i)', async (seed) => {
    const random = createRandom(seed)
    const details = [['  • 3 authors', '·', 'Oct 3 2'], ['pond Pond', '·', 'Dec 1, 2020'], []]
    const titles = Array.from({ length: 40 }, () => pick(random, TITLES))
    const missing = Math.floor(random() * titles.length)
    const papers = titles.map((title, at) => (at === missing ? `${title}\n` : paper(title, ...pick(random, details))))
    const items = await readStdin(detailed(...papers))
    expect(recordsOf(items).map(({ title }) => title)).toEqual(titles.filter((_title, at) => at !== missing))
    expect(recordsOf(items).every(({ abstract }) => abstract === ABSTRACT)).toBe(true)
  })
})

describe('listing pages among other texts', () => {
  it.each([
    ['prose', `${'It rained. We stayed inside and wrote about frogs for a while. '.repeat(5)}\n\n`.repeat(8)],
    ['a readme', `# Frogs\n\n${ABSTRACT}\n\n## Usage\n\n${ABSTRACT}\n\n## Licence\n\n${ABSTRACT}\n`],
    ['a letter', `Dear frogs,\n\n${ABSTRACT}\n\nYours, the toads\n`],
    ['a list', 'one\ntwo\nthree\nfour\nfive\nsix\n'],
  ])('does not take %s for one', async (_name, text) => {
    expect(problemsOf(await readStdin(text))).toEqual(['1 SOURCE_UNKNOWN'])
  })
})

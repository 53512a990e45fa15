import { describe, expect, it } from 'vitest'
import { change, paper, stored, writeAll } from '../support/changes.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, pick, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(31)
const vector = () => randomVector(random, SPACE.dimension)

const TITLES = [
  'Graph lanterns for attentive otters in the fog',
  'Graph attention',
  'Attention over graphs',
  'A graph of rivers',
  'Gravel',
  '深層学習の入門',
  'Élèves at sea',
]

async function storeOf(titles: readonly string[] = TITLES) {
  const store = openStore(tempDir())
  await writeAll(
    store,
    titles.map((title) => change(paper(title), vector())),
  )
  const ask = async (text: string, limit = 10) => (await store.suggest(text, limit)).map((found) => found.paper.title)
  return { store, ask }
}

describe('suggest', () => {
  it.each([
    [
      'the beginning of a word, the shortest title first',
      'gra',
      [TITLES[4], TITLES[1], TITLES[3], TITLES[2], TITLES[0]],
    ],
    ['whole words before it', 'graph att', [TITLES[1], TITLES[0]]],
    ['any order', 'attention graph', [TITLES[1], TITLES[2]]],
    ['any case and accent', 'ELEV', [TITLES[6]]],
    ['a mistyped word', 'grpah att', [TITLES[1], TITLES[0]]],
    ['a mistyped last word', 'graph atention', [TITLES[1]]],
    ['Japanese', '学習', [TITLES[5]]],
    ['one Japanese letter', '深', [TITLES[5]]],
    ['punctuation around it', '(gravel)*"', [TITLES[4]]],
    ['nothing where a word is missing', 'graph zzzz', []],
    ['nothing where there is no word', '"*🚀', []],
  ])('takes %s', async (_, text, titles) => {
    const { ask } = await storeOf()
    expect(await ask(text)).toEqual(titles)
  })

  it('gives no more than it is asked for', async () => {
    const { ask } = await storeOf()
    expect(await ask('gra', 2)).toEqual([TITLES[4], TITLES[1]])
  })

  it('follows a changed title and forgets a removed one', async () => {
    const { store, ask } = await storeOf()
    const { key, paper: gravel } = await stored(store, paper('Gravel').id)
    await writeAll(store, [change({ ...gravel, title: 'Pebbles' }, null, { key })])
    expect(await ask('gravel')).toEqual([])
    expect(await ask('pebb')).toEqual(['Pebbles'])
    await store.remove(gravel.id)
    expect(await ask('pebb')).toEqual([])
  })

  it('is safe with any text, 300 seeded ones', async () => {
    const { ask } = await storeOf()
    const pieces = ['"', '*', '^', '(', ')', ' AND ', ' NOT ', 'title:', '\u0000', '\ud800', 'gra', '深', ' ', '-', 'é']
    for (let round = 0; round < 300; round += 1) {
      const text = Array.from({ length: 1 + Math.floor(random() * 7) }, () => pick(random, pieces)).join('')
      expect((await ask(text)).length).toBeLessThanOrEqual(TITLES.length)
    }
    expect(await ask('x '.repeat(2_000))).toEqual([])
    // A letter that is younger than the Unicode of the index parts the word there.
    expect(await ask('a\u{1e4d0}b gra')).toEqual([])
  })
})

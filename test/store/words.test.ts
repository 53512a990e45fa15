import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { queryTerms } from '../../src/domain/terms.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { change, paper, stored, writeAll } from '../support/changes.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(21)
const vector = () => randomVector(random, SPACE.dimension)

async function storeOf(titles: readonly string[], space: Parameters<typeof openStore>[1] = SPACE) {
  const store = openStore(tempDir(), space)
  await writeAll(
    store,
    titles.map((title) => change(paper(title), vector())),
  )
  const ask = (question: string) => store.lexical(queryTerms(question), 10)
  const titlesOf = async (question: string) =>
    (await store.byKeys((await ask(question)).matches.map(({ key }) => key))).map((found) => found.paper.title)
  return { store, ask, titlesOf }
}

describe('a word that no paper holds', () => {
  const TITLES = ['Lanterns in fog', 'Glacier thermodynamics', 'Otters at rest']

  it.each([
    ['a letter left out', 'lantrns', 'lanterns'],
    ['a letter too many', 'lannterns', 'lanterns'],
    ['a wrong letter', 'lamterns', 'lanterns'],
    ['two letters swapped', 'latnerns', 'lanterns'],
    ['the first letters swapped', 'alnterns', 'lanterns'],
    ['another first letter', 'kanterns', 'lanterns'],
    ['two faults in a long word', 'thermodinamcs', 'thermodynamics'],
    ['accents', 'glâcer', 'glacier'],
    ['capitals', 'GLACEIR', 'glacier'],
  ])('is taken for the nearest one: %s', async (_, typed, meant) => {
    const { ask, titlesOf } = await storeOf(TITLES)
    expect((await ask(typed)).corrections).toMatchObject([{ to: [meant] }])
    expect((await titlesOf(typed))[0]?.toLowerCase()).toContain(meant)
  })

  it.each([
    ['two faults in a short word', 'otrets'],
    ['the first letter and one more', 'xhermodinamics'],
    ['digits', 'lantern5'],
    ['three letters', 'fig'],
    ['another first letter of a short word', 'nest'],
    ['nothing like it', 'qwertzuiop'],
    ['a word without end', 'lanterns'.repeat(400)],
  ])('stays as it is: %s', async (_, typed) => {
    const { ask } = await storeOf(TITLES)
    expect(await ask(typed)).toEqual({ matches: [], total: 0, corrections: [] })
  })

  it('is not corrected where it matches, be it by its stem alone', async () => {
    const { ask } = await storeOf(['Lantern', 'Lanters', 'Folded paper'])
    expect((await ask('lantern')).corrections).toEqual([])
    expect((await ask('folding')).corrections).toEqual([])
    expect((await ask('lantern')).total).toBe(1)
  })

  it('is not corrected where the model knows the word', async () => {
    const space = { ...SPACE, isWord: (word: string) => word === 'glazier' }
    const { ask } = await storeOf(TITLES, space)
    expect(await ask('glazier')).toMatchObject({ total: 0, corrections: [] })
    expect((await ask('glacir')).total).toBe(1)
  })

  it('becomes three words at most, the most frequent first, one of each stem', async () => {
    const { ask } = await storeOf(['Bricks', 'Brick', 'Brock', 'Brack', 'Break', 'Brack two', 'Breck'])
    const [correction] = (await ask('bruck')).corrections
    expect(correction).toEqual({ term: 'bruck', to: ['brack', 'brick', 'breck'] })
    const { ask: askNets } = await storeOf(['Network', 'Networks'])
    expect((await askNets('networs')).corrections).toEqual([{ term: 'networs', to: ['network'] }])
  })

  it('is searched in parts where papers write it apart', async () => {
    const { ask, titlesOf } = await storeOf(['Multi-layer ice', 'Layer by layer, multi coloured'])
    expect((await ask('multilayer')).corrections).toEqual([{ term: 'multilayer', to: ['multi layer'] }])
    expect(await titlesOf('multilayer')).toEqual(['Multi-layer ice'])
  })

  it('is not searched in parts that are no words', async () => {
    const { ask } = await storeOf(['Recognition on ice'])
    expect((await ask('recogniton')).corrections).toMatchObject([{ to: ['recognition'] }])
  })

  it('is named in the spelling that was searched for', async () => {
    const { store } = await storeOf(TITLES)
    const { key } = await stored(store, paper('Glacier thermodynamics').id)
    expect(await store.termsIn(key, ['glacer', 'lantrns', 'otters'])).toEqual(['glacier'])
  })

  it('is corrected to what is there now: after a paper came, and after it went', async () => {
    const { store, ask } = await storeOf(TITLES)
    expect((await ask('zeppelim')).total).toBe(0)
    await writeAll(store, [change(paper('Zeppelin'), vector())])
    expect((await ask('zeppelim')).total).toBe(1)
    await store.remove(paper('Zeppelin').id)
    expect(await ask('zeppelim')).toEqual({ matches: [], total: 0, corrections: [] })
  })

  it('knows the words that another handle wrote', async () => {
    const dir = tempDir()
    const [one, other] = [openStore(dir), openStore(dir)]
    expect((await other.lexical(['zeppelim'], 5)).total).toBe(0)
    await writeAll(one, [change(paper('Zeppelin'), vector())])
    expect((await other.lexical(['zeppelim'], 5)).total).toBe(1)
  })
})

describe('Chinese, Japanese and Korean', () => {
  const TITLES = ['基于Transformer的模型', '深層学習の入門', '한국어 모델을 위한 학습', 'Plain rivers', '猫']

  it.each([
    ['模型', '基于Transformer的模型'],
    ['的模型', '基于Transformer的模型'],
    ['transformers', '基于Transformer的模型'],
    ['基于 transformer', '基于Transformer的模型'],
    ['学習', '深層学習の入門'],
    ['門', '深層学習の入門'],
    ['모델', '한국어 모델을 위한 학습'],
    ['모델'.normalize('NFD'), '한국어 모델을 위한 학습'],
    ['猫', '猫'],
    ['river', 'Plain rivers'],
  ])('is found by any part: %s', async (question, title) => {
    const { titlesOf } = await storeOf(TITLES)
    expect((await titlesOf(question))[0]).toBe(title)
  })

  it('is not found by letters that do not stand together', async () => {
    const { titlesOf } = await storeOf(TITLES)
    expect(await titlesOf('型模')).toEqual([])
  })
})

/** What later steps than the first one made; the tables within a text index go with it. */
const NEWER = `SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite%' AND name NOT GLOB 'papers_text*'
  AND name NOT GLOB 'titles_text_*' AND name NOT IN
  ('meta', 'papers', 'aliases', 'provenance', 'fingerprints', 'vectors', 'journal')`

describe('a database of before', () => {
  it('becomes the same as a fresh one', async () => {
    const dir = tempDir()
    const titles = ['基于Transformer的模型', 'Lanterns of $\\alpha$ fog']
    const old = openPaperStore({ dir }, SPACE)
    await writeAll(
      old,
      titles.map((title) => change(paper(title), vector())),
    )
    await old.close()
    const db = new Sqlite(join(dir, 'papers.db'))
    const before = db.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all()
    const drop = (type: 'TRIGGER' | 'TABLE', names: readonly string[]) => {
      for (const name of names) db.exec(`DROP ${type} ${name}`)
    }
    const named = db.prepare<[string], string>(NEWER).pluck()
    drop('TRIGGER', named.all('trigger'))
    drop('TABLE', named.all('table'))
    db.exec("INSERT INTO papers_text (papers_text) VALUES ('delete-all')")
    db.pragma('user_version = 1')
    db.close()
    const store = openStore(dir)
    for (const question of ['模型', 'lantrns', 'transformer']) {
      expect((await store.lexical(queryTerms(question), 5)).total).toBe(1)
    }
    expect(await store.suggest('lant', 5)).toHaveLength(1)
    const again = new Sqlite(join(dir, 'papers.db'))
    expect(again.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all()).toEqual(before)
    again.close()
  })
})

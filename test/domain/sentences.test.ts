import { describe, expect, it } from 'vitest'
import { MAX_SENTENCES, sentencesOf } from '../../src/domain/sentences.ts'
import { createRandom, pick } from '../support/random.ts'

const textsOf = (abstract: string): string[] => sentencesOf(abstract).map(({ text }) => text)

describe('sentences', () => {
  it.each([
    ['et al. in the middle', ['Our lamp follows Okoro et al. (2031) closely.', 'It glows for longer than theirs.']],
    ['et al. at the end', ['We compare with the lamp of Okoro et al.', 'Our lamp glows for longer.']],
    ['e.g. and i.e.', ['Some pets, e.g. Ducks and Geese, i.e. Birds, like rain.', 'Other pets stay inside.']],
    ['figures and equations', ['The slope in Fig. 2 follows from Eq. 3.', 'We derive it for every hill.']],
    ['decimals and sizes', ['A model of 1.5B weights gains 0.7 points.', 'A smaller one of 350M loses 1.2 points.']],
    ['initials', ['The proof is due to A. B. Quill and her students.', 'We shorten it by a page.']],
    ['acronyms', ['Rivers of the U.S. Midwest are measured hourly.', 'The data are open to all.']],
    [
      'a formula with full stops',
      ['Let $f(x) = \\text{cost of the walk. We count it in days}$ be small.', 'Then the walk is short.'],
    ],
    ['a URL', ['Code is at https://kites.example/?Page=2 for all readers.', 'The kites are not included.']],
    ['a dotted name', ['We patch torch.nn.Module in two lines of code.', 'Nothing else is changed.']],
    ['ellipses', ['Layers one, two, ... N are frozen in each run.', 'The head is trained alone.']],
    ['list items', ['1. Ducks are counted at the pond.', '2. Geese are counted at the lake.']],
    ['a question', ['Can ducks count to a thousand?', 'We ask four hundred of them!', 'Most of them refuse.']],
    ['no final full stop', ['The last sentence has no full stop.', 'Nobody will notice that it is missing']],
  ])('are kept whole around %s', (_, expected) => {
    expect(textsOf(expected.join(' '))).toEqual(expected)
  })

  it('part where the space was forgotten', () => {
    expect(
      textsOf('We train a small model.We then test it on kites.Results improve by 13%.The code is open to all.'),
    ).toEqual([
      'We train a small model.',
      'We then test it on kites.',
      'Results improve by 13%.',
      'The code is open to all.',
    ])
    expect(textsOf('We improve on the kite of BERT.Our kite is lighter, too.')).toHaveLength(2)
  })

  it('do not end where a source wrapped its line', () => {
    expect(textsOf('A sentence over\nthree short\r\nlines of text. Another one\nover two lines.')).toEqual([
      'A sentence over\nthree short\r\nlines of text.',
      'Another one\nover two lines.',
    ])
  })

  it('join what is too short to say something', () => {
    expect(textsOf('Background. Kites fall in calm air. Why? We study the reason in a tunnel.')).toEqual([
      'Background. Kites fall in calm air. Why?',
      'We study the reason in a tunnel.',
    ])
    expect(textsOf('Short.')).toEqual(['Short.'])
  })

  it('of Chinese and Japanese end at their own full stops', () => {
    expect(textsOf('我们研究风筝如何飞行。结果表明风很重要。')).toEqual([
      '我们研究风筝如何飞行。',
      '结果表明风很重要。',
    ])
    expect(textsOf('凧がどう飛ぶかを調べた。風が大切だと分かった。')).toHaveLength(2)
  })

  it('of more than 1,000 characters are cut at a clause', () => {
    const clauses = Array.from({ length: 120 }, (_, at) => `the kite number ${at} rises`).join(', ')
    const cut = textsOf(`${clauses}.`)
    expect(cut.length).toBeGreaterThan(2)
    expect(cut.every((text) => text.length <= 1_000)).toBe(true)
    expect(cut.slice(0, -1).every((text) => text.endsWith(','))).toBe(true)
    expect(textsOf('🪁'.repeat(1_100)).join('')).toBe('🪁'.repeat(1_100))
  })

  it('are none where there is no text', () => {
    expect([sentencesOf(''), sentencesOf(' \n\t ')]).toEqual([[], []])
  })

  it('are at most forty', () => {
    expect(sentencesOf('The kite rises over the field. '.repeat(200))).toHaveLength(MAX_SENTENCES)
  })

  it('stand at their offsets, in order and with nothing left out, in 2,000 seeded texts', () => {
    const PIECES = [
      ...[
        'The kite rises',
        'a duck et al.',
        'e.g.',
        'Fig. 3',
        '$x. Y$',
        '$',
        '$$',
        '1.5B',
        'https://a.example/?B=c.',
        'U.S.',
        'x.Y',
      ],
      ...[
        '.',
        '. ',
        '?',
        '! ',
        '…',
        '...',
        '\n',
        '\n\n',
        '\u2028',
        ' ',
        '  ',
        '(',
        ')',
        '"',
        '。',
        '风筝',
        '🪁',
        '\ud83e',
        'é',
        'e\u0301',
        '\0',
      ],
    ]
    const random = createRandom(404)
    for (let round = 0; round < 2_000; round += 1) {
      const length = 1 + Math.floor(random() * (round % 50 === 0 ? 400 : 40))
      const text = Array.from({ length }, () => pick(random, PIECES)).join(pick(random, ['', ' ']))
      const found = sentencesOf(text)
      let last = 0
      for (const { text: sentence, start, end } of found) {
        expect(text.slice(start, end)).toBe(sentence)
        expect(text.slice(last, start).trim()).toBe('')
        expect(sentence.trim()).toBe(sentence)
        expect(end).toBeGreaterThan(start)
        last = end
      }
      if (found.length < MAX_SENTENCES) expect(text.slice(last).trim()).toBe('')
    }
  })

  it('of the longest abstract take linear time', () => {
    const longest = ['$'.repeat(100_000), '('.repeat(100_000), 'a.B '.repeat(25_000), '. '.repeat(50_000)]
    for (const text of longest) expect(sentencesOf(text).length).toBeLessThanOrEqual(MAX_SENTENCES)
  })
})

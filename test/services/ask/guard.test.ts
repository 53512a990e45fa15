import { describe, expect, it } from 'vitest'
import { CitationGuard } from '../../../src/services/ask/guard.ts'
import { findKeys } from '../../../src/services/verify/find-keys.ts'
import { createRandom, pick } from '../../support/random.ts'

const KEYS = ['moen2021', 'lunde2022b', 'river-nd', '42']

function read(pieces: readonly string[]) {
  const guard = new CitationGuard(KEYS)
  const guarded = [...pieces.map((piece) => guard.push(piece)), guard.end()]
  return {
    text: guarded.map(({ text }) => text).join(''),
    keys: guarded.flatMap(({ keys }) => keys),
    unknown: guard.unknown,
  }
}

describe('the guard of a written answer', () => {
  it.each([
    ['Tides [moen2021] rise.', 'Tides [moen2021] rise.', ['moen2021']],
    ['Tides [moen2021; lunde2022b].', 'Tides [moen2021; lunde2022b].', ['moen2021', 'lunde2022b']],
    ['Tides [MOEN2021].', 'Tides [moen2021].', ['moen2021']],
    ['Tides【moen2021】.', 'Tides[moen2021].', ['moen2021']],
    ['Tides \\citep{moen2021,river-nd}.', 'Tides [moen2021; river-nd].', ['moen2021', 'river-nd']],
    ['As [see moen2021, p. 3] says.', 'As [see moen2021, p. 3] says.', ['moen2021']],
    ['A key of its own [42].', 'A key of its own [42].', ['42']],
  ])('lets %j pass as %j', (said, text, keys) => {
    expect(read([said])).toEqual({ text, keys, unknown: [] })
  })

  it.each([
    ['Tides [smith2020].', 'Tides [?].', ['smith2020']],
    ['Tides [moen2021; smith2020].', 'Tides [moen2021].', ['smith2020']],
    ['Tides [moen2022].', 'Tides [?].', ['moen2022']],
    ['Tides \\cite{smith2020}.', 'Tides [?].', ['smith2020']],
    ['Tides 【smith2020】.', 'Tides [?].', ['smith2020']],
    ['Tides [@smith2020].', 'Tides [?].', ['smith2020']],
    ['Tides [smi\u200Bth2020].', 'Tides [?].', ['smith2020']],
  ])('replaces what no paper of the context is cited by: %j becomes %j', (said, text, unknown) => {
    expect(read([said])).toMatchObject({ text, unknown })
  })

  it.each([
    'a[0, 1] b',
    'masked by [MASK] or [CLS]',
    '[…]',
    'x [a [b] c',
    `[${'long '.repeat(200)}]`,
    'year 2020 (wmt2014)',
    'a\n\n- b\tc',
    '3 < 4 : 5!',
    'naïve 漢字 🚀',
  ])('leaves %j alone', (said) => {
    expect(read([said])).toEqual({ text: said, keys: [], unknown: [] })
  })

  it.each([
    ['![x](http://evil.example/?q=1)', '! [x] (http: //evil.example/?q=1)'],
    ['[moen2021](javascript:alert)', '[moen2021] (javascript:alert)'],
    ['[smith2020](https://evil.example)', '[?] (https: //evil.example)'],
    ['<img src=x> and </script>', '‹img src=x> and ‹/script>'],
    ['a\u0007b\u001B[2Jc\u202Ed\u{E0041}', 'ab[2Jcd'],
  ])('makes %j harmless: %j', (said, text) => {
    expect(read([said]).text).toBe(text)
  })

  it('gives the same wherever the pieces end, and never a key of nothing, a link, an image or a tag', () => {
    const random = createRandom(7)
    const parts = [
      '[',
      ']',
      '!',
      '<',
      ':',
      '/',
      '//',
      '(',
      '\\',
      '\\cite{',
      '}',
      'moen2021',
      'smith2020',
      '; ',
      ', ',
      ' ',
      '\n',
      '【',
      '】',
      '🚀',
      '\u200B',
      '[moen2021]',
      '[smith2020]',
      '\\citep{',
      'a',
      '@',
    ]
    for (let round = 0; round < 5_000; round += 1) {
      const said = Array.from({ length: 1 + Math.floor(random() * 14) }, () => pick(random, parts)).join('')
      const pieces: string[] = []
      for (let at = 0; at < said.length; ) {
        const next = at + 1 + Math.floor(random() * 5)
        pieces.push(said.slice(at, next))
        at = next
      }
      const guarded = read(pieces)
      expect([pieces, guarded]).toEqual([pieces, read([said])])
      const passed = findKeys(guarded.text, new Set(KEYS)).map(({ key }) => key)
      expect([pieces, passed.filter((key) => !KEYS.includes(key))]).toEqual([pieces, []])
      expect(guarded.text).not.toMatch(/\]\(|!\[|:\/\/|<[a-z/!?]/i)
    }
  })

  it('names every key before or with the text that holds it, and holds nothing else back for long', () => {
    const guard = new CitationGuard(KEYS)
    expect(guard.push('Tides rise [mo').text).toBe('Tides rise ')
    expect(guard.push('en20')).toEqual({ text: '', keys: [] })
    expect(guard.push('21], they say')).toEqual({ text: '[moen2021], they say', keys: ['moen2021'] })
    expect(guard.push(` [${'x'.repeat(500)}`).text).toContain('xxx')
  })

  it('counts unknown keys up to a bound, each once', () => {
    const said = Array.from({ length: 200 }, (_, at) => `[a${1000 + at}] [b2020]`).join(' ')
    expect(read([said]).unknown).toHaveLength(50)
  })
})

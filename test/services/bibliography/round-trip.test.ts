import '@citation-js/plugin-bibtex'
import '@citation-js/plugin-ris'
import { plugins } from '@citation-js/core'
import { describe, expect, it } from 'vitest'
import { CslItem } from '../../../src/domain/bibliography.ts'
import { cleanLatex } from '../../../src/domain/latex.ts'
import type { Paper } from '../../../src/domain/paper.ts'
import { bibtexEntry } from '../../../src/services/bibliography/bibtex.ts'
import { cslItem } from '../../../src/services/bibliography/csl-json.ts'
import { risRecord } from '../../../src/services/bibliography/ris.ts'
import { readStdin, recordsOf } from '../../sources/read-all.ts'
import { paper } from '../../support/changes.ts'
import { createRandom, pick } from '../../support/random.ts'

const COUNT = 2_000
const random = createRandom(30)

const PIECES = [
  'Learning',
  'BERT',
  'GPT-4o',
  'McCulloch',
  'of the',
  '50% of',
  'R&D',
  'C#',
  'x_1',
  '$\\alpha$',
  '$x_{i,j}^{2}$',
  '$O(n \\log n)$',
  '$\\{0, 1\\}^n$',
  '$\\{x$',
  'costs $5',
  '{Braced}',
  '{',
  '}',
  '\\{0,1\\}',
  '\\emph{stress}',
  '\\',
  '~',
  '^',
  'a < b > c',
  '|x|',
  '"quoted"',
  "don't",
  "``tex quotes''",
  'a--b',
  '--flag',
  '---',
  '¿por qué?',
  'Erd{\\H o}s',
  'naïve Ångström',
  'İstanbul straße',
  '对比学习',
  'ニューラル',
  '표현 학습',
  'обучение',
  'سلام',
  '🌱',
  'ﬁne',
  'e\u0301',
  '@article{x,',
  '@string',
  '%',
  ',',
  '=',
  'TY  - JOUR',
  'ER  - ',
  '\n',
  '\t',
  '?`',
  "it''s",
  '[1]',
  '#1',
  '100\\%',
  '\\& sons',
  '\\(z\\)',
  '$$y$$',
  '\\o',
] as const

const NAMES = [
  'Ida Moen',
  'Ludwig van Beethoven',
  'Juan Carlos de la Cruz',
  'Martin Luther King Jr.',
  'danah boyd',
  'Plato',
  '李明',
  'Ng',
  "Siobhán O'Neill-Ó Briain",
  'Erdős Pál III',
  'The LIGO Collaboration',
  'OpenAI',
  'DeepSeek-AI',
  'Smith & Sons',
  'Centre for Tides and Bells',
  'and Partners',
  'José Ártico',
  'X Æ 12',
  '{Braced} Name',
  'J. R. R. Tolkien',
  'Ah_Bin 100%',
] as const

const several = <T>(list: readonly T[], most: number): T[] =>
  Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(random, list))

function invented(at: number): Paper {
  const pieces = several(PIECES, 7)
  // Formulas side by side without a space are not what anyone writes, and read as something else.
  const close = random() < 0.2 && !pieces.some((piece) => /\$|\\\(/.test(piece))
  const title = `Paper ${at} ${pieces.join(close ? '' : ' ')}`
  return paper(title, {
    abstract: several(PIECES, 12).join(' '),
    authors: several(NAMES, 5),
    year: pick(random, [null, 1987, 2024]),
    venue: pick(random, [null, 'Journal of Bells & Tides', 'Proceedings of the 3rd Workshop on {X}']),
    doi: pick(random, [null, '10.1000/x_y(1)<2>%26', '10.5555/a{b}#c']),
    arxivId: pick(random, [null, '1706.03762', 'cs/0112017']),
  })
}

const papers = Array.from({ length: COUNT }, (_, at) => invented(at))
const cited = papers.map((each, at) => ({ paper: each, key: `key${at}` }))

const cleaned = (text: string): string => cleanLatex(text).normalize('NFC')

/** What was read, its formulas as Kindred shows them; nothing else of it is LaTeX any more. */
const said = (read: unknown): string =>
  String(read)
    .replace(/\$(?=\S)[^$]+(?<=\S)\$(?!\d)/g, (formula) => cleanLatex(formula))
    .normalize('NFC')

describe(`${COUNT} papers with all that a title can hold`, () => {
  it('come back from BibTeX with title, authors, year, DOI and arXiv id', async () => {
    const items = await readStdin(cited.map(bibtexEntry).join('\n'))
    const records = recordsOf(items)
    expect(records).toHaveLength(items.length)
    expect(records).toHaveLength(COUNT)
    for (const [at, { title, authors, year, doi, arxivId }] of papers.entries()) {
      const read = records[at] ?? {}
      expect(said(read.title)).toBe(cleaned(title))
      expect(read.authors).toEqual(authors.map(cleaned))
      expect({ year: read.year ?? null, arxivId: read.arxivId ?? null }).toEqual({ year, arxivId })
      expect(decodeURIComponent(String(read.doi ?? null))).toBe(decodeURIComponent(String(doi)))
    }
  })

  it('are as many balanced entries to another reader of BibTeX, each with its key', () => {
    for (const each of cited) {
      const entry = bibtexEntry(each)
      const depth = [...entry].reduce((open, char) => open + (char === '{' ? 1 : char === '}' ? -1 : 0), 0)
      expect(depth).toBe(0)
      expect(plugins.input.chain(entry, { forceType: '@biblatex/text' })).toMatchObject([{ 'citation-key': each.key }])
    }
  })

  it('come back from RIS by another reader', () => {
    const read = plugins.input.chain(cited.map(risRecord).join('\r\n'), { forceType: '@ris/file' })
    expect(read).toHaveLength(COUNT)
    for (const [at, { paper: given, key }] of cited.entries()) {
      expect(read[at]?.id).toBe(key)
      expect(String(read[at]?.title).normalize('NFC')).toBe(cleaned(given.title))
      expect(read[at]?.author).toHaveLength(given.authors.length)
    }
  })

  it('are CSL-JSON of the schema, with nothing lost of the title', () => {
    for (const each of cited) {
      const item = CslItem.parse(JSON.parse(JSON.stringify(cslItem(each))))
      expect(item).toMatchObject({ id: each.key, title: cleanLatex(each.paper.title), custom: { id: each.paper.id } })
    }
  })
})

import { describe, expect, it } from 'vitest'
import { bibtexEntry } from '../../../src/services/bibliography/bibtex.ts'
import { cslItem } from '../../../src/services/bibliography/csl-json.ts'
import { latexText, latexTitle } from '../../../src/services/bibliography/latex-text.ts'
import { risRecord } from '../../../src/services/bibliography/ris.ts'
import { paper } from '../../support/changes.ts'

const bells = paper('Cracked Bells: a $\\beta$-test of CNNs & 50% <i>more</i>', {
  id: 'bells',
  abstract: 'We ring {\\em cracked} bells.\nTY  - is no tag.',
  authors: ['Ludwig van Beethoven', 'The Bell Collaboration'],
  authorCount: 9,
  publishedAt: '2021-03-09',
  year: 2021,
  venue: 'Journal of Tides & Bells',
  categories: ['cs.SD', 'cs.LG'],
  arxivId: '2103.01234',
  doi: '10.5555/bell_{1}',
})
const cited = { paper: bells, key: 'beethoven2021' }

describe('a paper', () => {
  it('is a BibTeX entry', () => {
    expect(bibtexEntry(cited)).toBe(String.raw`@article{beethoven2021,
  title = {Cracked Bells: a $\beta$-test of {CNNs} \& 50\% more},
  author = {van Beethoven, Ludwig and {The Bell Collaboration} and others},
  year = {2021},
  journal = {Journal of Tides \& Bells},
  eprint = {2103.01234},
  archiveprefix = {arXiv},
  primaryclass = {cs.SD},
  doi = {10.5555/bell_%7B1%7D},
  url = {https://arxiv.org/abs/2103.01234},
  abstract = {We ring cracked bells. TY - is no tag.},
  month = mar,
}
`)
  })

  it('is a RIS record', () => {
    expect(risRecord(cited).split('\r\n')).toEqual([
      'TY  - JOUR',
      'ID  - beethoven2021',
      'TI  - Cracked Bells: a β-test of CNNs & 50% more',
      'AU  - van Beethoven, Ludwig',
      'AU  - The Bell Collaboration',
      'PY  - 2021',
      'DA  - 2021/03/09',
      'T2  - Journal of Tides & Bells',
      'AN  - arXiv:2103.01234',
      'DO  - 10.5555/bell_{1}',
      'UR  - https://arxiv.org/abs/2103.01234',
      'AB  - We ring cracked bells. TY - is no tag.',
      'KW  - cs.SD',
      'KW  - cs.LG',
      'ER  - ',
      '',
    ])
  })

  it('is CSL-JSON', () => {
    expect(cslItem(cited)).toEqual({
      id: 'beethoven2021',
      'citation-key': 'beethoven2021',
      type: 'article-journal',
      title: 'Cracked Bells: a β-test of CNNs & 50% more',
      author: [
        { family: 'Beethoven', given: 'Ludwig', 'non-dropping-particle': 'van' },
        { literal: 'The Bell Collaboration' },
      ],
      issued: { 'date-parts': [[2021, 3, 9]] },
      'container-title': 'Journal of Tides & Bells',
      number: 'arXiv:2103.01234',
      DOI: '10.5555/bell_{1}',
      URL: 'https://arxiv.org/abs/2103.01234',
      abstract: 'We ring cracked bells. TY - is no tag.',
      keyword: 'cs.SD, cs.LG',
      custom: { id: 'bells' },
    })
  })

  it('says nothing of what is not known, and no day that was inferred', () => {
    expect(bibtexEntry({ paper: paper('Alone'), key: 'alone-nd' })).toBe('@misc{alone-nd,\n  title = {Alone},\n}\n')
    expect(cslItem({ paper: paper('Alone', { id: 'a' }), key: 'alone-nd' })).toEqual({
      id: 'alone-nd',
      'citation-key': 'alone-nd',
      type: 'article',
      title: 'Alone',
      custom: { id: 'a' },
    })
    const inferred = paper('Alone', { publishedAt: '2021-03-09', year: 2021, dateInferred: true })
    expect(cslItem({ paper: inferred, key: 'alone2021' }).issued).toEqual({ 'date-parts': [[2021]] })
  })

  it.each([
    ['Proceedings of the 3rd Workshop on Bells', 'paper-conference'],
    ['NeurIPS 2021', 'paper-conference'],
    ['Transactions on Bells', 'article-journal'],
  ])('in %s is of the type %s', (venue, type) => {
    expect(cslItem({ paper: paper('Bells', { venue }), key: 'x' }).type).toBe(type)
  })
})

describe('a text for TeX', () => {
  it.each([
    ['100% of A_1 & B #2', '100\\% of A\\_1 \\& B \\#2'],
    ['it costs $5 or $6', 'it costs \\$5 or \\$6'],
    ['$50%$ and $\\#$', '$50\\%$ and $\\#$'],
    ['in $\\{0, 1\\}^n$', 'in $\\{0, 1\\}^n$'],
    ['in $\\{x$ and more', 'in \\textbraceleft{}x and more'],
    ['$$E$$ and \\(mc^2\\)', '$E$ and $mc^2$'],
    ['a set \\{0, 1\\} and a {', 'a set \\textbraceleft{}0, 1\\textbraceright{} and a'],
    ['C:\\\\ ~ ^', 'C: \\textasciitilde{} \\textasciicircum{}'],
    ['run --fast', 'run -{}-fast'],
    ['对比学习 für Ångström', '对比学习 für Ångström'],
  ])('%s', (given, expected) => {
    expect(latexText(given)).toBe(expected)
  })

  it('keeps the capitals of acronyms in titles, and no others', () => {
    expect(latexTitle('A study of BERT, GPT-4o and Q-learning in ImageNet with State-of-the-Art 3D maps')).toBe(
      'A study of {BERT}, {GPT-4o} and {Q-learning} in {ImageNet} with State-of-the-Art {3D} maps',
    )
  })
})

import { describe, expect, it } from 'vitest'
import { bibtex } from '../../src/sources/bibtex.ts'
import { paperSourceContract } from '../contract/paper-source.ts'
import { readStdin, recordsOf, summaryOf } from './read-all.ts'

paperSourceContract({
  format: bibtex,
  text: String.raw`Exported by hand 🌱.
@string{pond = "Journal of Ponds"}
@article{frog2020,
  title = {Frogs of K{\"o}ln ≤ 3},
  author = {Doe, Jane and 李, Å.},
  journal = pond,
  year = 2020
}
@article{broken,
  title = {Never {closed},
@misc{toad, title = "Toads", abstract = {Two
  lines.}} @misc{newt, title = {Newts 🌱}}
`,
  expected: ['3 Frogs of Köln ≤ 3', '9 RECORD_BROKEN', '11 Toads', '12 Newts 🌱'],
  streams: true,
})

const only = async (text: string): Promise<Record<string, unknown> | undefined> => recordsOf(await readStdin(text))[0]

describe('BibTeX', () => {
  it('becomes a record', async () => {
    const record = await only(String.raw`@inproceedings{key1,
      title = {{Singing at {O}dd Hours}}, author = {M{\"u}ller, J{\'o}zef and {The Pond Group} and others},
      booktitle = {Proc.\ of Ponds}, date = {2019-03-05}, doi = {10.1000/AB_c}, url = {https://pond.example/a_b%20c},
      eprint = {2001.01234}, archivePrefix = {arXiv}, primaryClass = {cs.LG}, keywords = {frogs}}`)
    expect(record).toEqual({
      title: 'Singing at Odd Hours',
      authors: ['Józef Müller', 'The Pond Group'],
      venue: 'Proc. of Ponds',
      publishedAt: '2019-03-05',
      year: 2019,
      doi: '10.1000/AB_c',
      url: 'https://pond.example/a_b%20c',
      arxivId: '2001.01234',
      categories: ['cs.LG'],
    })
  })

  it('puts names with particles and suffixes in reading order', async () => {
    const record = await only('@misc{k, title={T}, author={de la Cruz, Ana and Roe, Jr., Richard and Charles van Dyk}}')
    expect(record?.authors).toEqual(['Ana de la Cruz', 'Richard Roe Jr.', 'Charles van Dyk'])
  })

  it('keeps formulas and turns the rest of the LaTeX into Unicode', async () => {
    const record =
      await only(String.raw`@misc{k, title = {A na{\"\i}ve $\mathcal{O}(\sqrt{n}_{i})$ bound \& {\em more}},
      abstract = {Costs 5\$ if p < 0.05 and $x^2 > \{y\}$, not $7. See \url{https://pond.example/a_b}. A \textbf{bold} claim~1.}}`)
    expect(record).toEqual({
      title: String.raw`A naïve $\mathcal{O}(\sqrt{n}_{i})$ bound & more`,
      abstract: String.raw`Costs 5$ if p < 0.05 and $x^2 > \{y\}$, not $7. See https://pond.example/a_b. A bold claim 1.`,
    })
  })

  it('carries abbreviations along, also those that are made of others', async () => {
    const text = '@string{a = "Pond"}\n@string{b = a # " Days"}\n@misc{k, title = b # { 2020}, journal = unknown}'
    expect(await only(text)).toEqual({ title: 'Pond Days 2020', venue: 'unknown' })
  })

  it('passes over comments and preambles, and reads entries in parentheses', async () => {
    const text = '@preamble{"x"}\n@comment{@misc{no, title={No}}}\n@misc(k, title={Yes (really)})\nat frog@pond.example'
    expect(summaryOf(await readStdin(text))).toEqual(['3 Yes (really)'])
  })

  it('says where the file ends within an entry', async () => {
    expect(summaryOf(await readStdin('@misc{a, title={A}}\n@misc{b, title={B'))).toEqual(['1 A', '2 RECORD_BROKEN'])
  })

  it('passes over an entry that is longer than a record can be', async () => {
    const text = `@misc{a, title={A}}\n@misc{b, abstract={${'b\n'.repeat(1_500_000)}}}\n@misc{c, title={C}}\n`
    expect(summaryOf(await readStdin(text))).toEqual(['1 A', '2 RECORD_TOO_LARGE', '1500003 C'])
  })
})

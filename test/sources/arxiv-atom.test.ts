import { describe, expect, it } from 'vitest'
import { arxivAtom } from '../../src/sources/arxiv-atom.ts'
import { paperSourceContract } from '../contract/paper-source.ts'
import { problemsOf, readStdin, recordsOf, summaryOf } from './read-all.ts'

const feed = (...entries: string[]): string => `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<title>An answer</title>
${entries.join('\n')}
</feed>
`

paperSourceContract({
  format: arxivAtom,
  text: feed(
    '<entry><title>Moss grows 🌱</title><author><name>Å. 李</name></author></entry>',
    '<entry><title>Not &defined; here</title></entry>',
    '<entry>\n<title>Never closed',
    '<entry><title>Köln ≤\n 3</title></entry>',
  ),
  expected: ['4 Moss grows 🌱', '5 RECORD_BROKEN', '6 RECORD_BROKEN', '8 Köln ≤ 3'],
  streams: true,
})

describe('arXiv Atom', () => {
  it('becomes a record, the primary category first', async () => {
    const entry = `<entry>
      <id>http://arxiv.org/abs/cs/0112017v2</id><updated>2003-01-01T00:00:00Z</updated>
      <published>2001-12-11T17:57:34Z</published>
      <title>Frogs &amp; toads:
        a $x &lt; y$ study</title>
      <summary><![CDATA[  They sing <loudly>.  ]]></summary>
      <author><name>Jane Doe</name><arxiv:affiliation>Pond</arxiv:affiliation></author><author><name>R. Roe</name></author>
      <arxiv:doi>10.1000/XY</arxiv:doi><arxiv:journal_ref>J. Ponds 3 (2001) 1-9</arxiv:journal_ref>
      <arxiv:comment>9 pages</arxiv:comment>
      <link href="http://arxiv.org/abs/cs/0112017v2" rel="alternate" type="text/html"/>
      <link title="pdf" href="http://arxiv.org/pdf/cs/0112017v2" rel="related"/>
      <category term="cs.LG"/><category term="cs.CL"/><arxiv:primary_category term="cs.CL"/>
    </entry>`
    expect(recordsOf(await readStdin(feed(entry)))).toEqual([
      {
        title: 'Frogs & toads: a $x < y$ study',
        abstract: 'They sing <loudly>.',
        authors: ['Jane Doe', 'R. Roe'],
        publishedAt: '2001-12-11',
        venue: 'J. Ponds 3 (2001) 1-9',
        categories: ['cs.CL', 'cs.LG'],
        arxivId: 'cs/0112017',
        doi: '10.1000/XY',
        url: 'http://arxiv.org/abs/cs/0112017v2',
      },
    ])
  })

  it('resolves no entities of a document type', async () => {
    const text = feed('<entry><title>&x;</title></entry>').replace('<feed', '<!DOCTYPE feed [<!ENTITY x "y">]>\n<feed')
    expect(problemsOf(await readStdin(text))).toEqual(['5 RECORD_BROKEN'])
  })

  it("takes the API's error answer for no paper", async () => {
    const entry =
      '<entry><id>http://arxiv.org/api/errors#id</id><title>Error</title><summary>no such id</summary></entry>'
    const items = await readStdin(feed(entry))
    expect(items).toMatchObject([{ error: { code: 'RECORD_INVALID', message: expect.stringContaining('no such id') } }])
  })

  it('says when it is cut off', async () => {
    const whole = feed('<entry><title>A</title></entry>', '<entry><title>B</title></entry>')
    expect(summaryOf(await readStdin(whole.slice(0, whole.indexOf('B'))))).toEqual(['4 A', '5 RECORD_BROKEN'])
    expect(summaryOf(await readStdin(whole.replace('</feed>', '')))).toEqual(['4 A', '5 B', '7 RECORD_BROKEN'])
  })

  it('passes over an entry that is longer than a record can be', async () => {
    const long = `<entry><title>B</title><summary>${'b'.repeat(5_000_000)}</summary></entry>`
    const text = feed('<entry><title>A</title></entry>', long, '<entry><title>C</title></entry>')
    expect(summaryOf(await readStdin(text))).toEqual(['4 A', '5 RECORD_TOO_LARGE', '6 C'])
  })
})

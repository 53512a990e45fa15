import { describe, expect, it } from 'vitest'
import {
  aliasesOfReference,
  generatedId,
  identifierAliases,
  recordHash,
  sameByTitle,
  titleKey,
} from '../../src/domain/identity.ts'
import { PaperRecord } from '../../src/domain/paper.ts'
import { paper } from '../support/changes.ts'

describe('titleKey', () => {
  it.each([
    ['Deep Rivers', 'deep rivers'],
    ['Café Ölçüm', 'cafe olcum'],
    ['On $\\alpha$-decay', 'On α‑Decay'],
    ['On \\alpha decay', 'On $α$ decay'],
    ['Graphs: a (short) tour!', 'Graphs — a short tour'],
    ['  Two\n lines ', 'Two lines'],
    ["Caf\\'e talk", 'Café talk'],
    ['ﬁne ﬂow', 'fine flow'],
    ['İstanbul', 'istanbul'],
  ])('takes %j and %j for one title', (one, other) => {
    expect(titleKey(one)).toBe(titleKey(other))
  })

  it.each([
    ['Deep Rivers', 'Deep Rivers 2'],
    ['深い川', '浅い川'],
    ['???', '!!!'],
  ])('tells %j from %j', (one, other) => {
    expect(titleKey(one)).not.toBe(titleKey(other))
  })

  it('is never empty for a title that is not', () => {
    for (const title of ['?', '—', '🚀', '$$']) expect(titleKey(title)).not.toBe('')
  })
})

describe('generatedId', () => {
  it('is readable, fit for a URL and short', () => {
    expect(generatedId('Être: $\\alpha$ & the 2 Rivers')).toMatch(/^etre-the-2-rivers-[0-9a-f]{6}$/)
    expect(generatedId('word '.repeat(300)).length).toBeLessThanOrEqual(67)
    expect(generatedId('w'.repeat(300))).toMatch(/^w{60}-[0-9a-f]{6}$/)
    expect(generatedId('深い川')).toMatch(/^paper-[0-9a-f]{6}$/)
  })

  it('depends on nothing but the title key and the distinction', () => {
    expect(generatedId('Deep  Rivers!')).toBe(generatedId('deep rivers'))
    expect(generatedId('Deep Rivers', '2401.00001')).not.toBe(generatedId('Deep Rivers'))
    expect(generatedId('Deep Rivers', '2401.00001')).toBe(generatedId('Deep Rivers', '2401.00001'))
  })

  it('never changes from release to release', () => {
    expect(generatedId('Deep Rivers')).toBe('deep-rivers-ccfcf8')
  })
})

describe('aliases', () => {
  const record = (fields: object) => PaperRecord.parse({ title: 'T', ...fields })

  it.each([
    ['2401.00001v3', 'arxiv:2401.00001'],
    ['cs/0112017v1', 'arxiv:cs/0112017'],
    ['math.GT/0309136', 'arxiv:math.gt/0309136'],
  ])('leaves the version and the case of arXiv id %s out', (arxivId, alias) => {
    expect(identifierAliases(record({ arxivId }))).toEqual([alias])
  })

  it.each(['10.1000/XyZ', 'https://doi.org/10.1000/xyz', 'http://dx.doi.org/10.1000/XYZ', 'doi:10.1000/xyZ'])(
    'reads the DOI %s without resolver and case',
    (doi) => {
      expect(identifierAliases(record({ doi }))).toEqual(['doi:10.1000/xyz'])
    },
  )

  it("reads the arXiv id out of arXiv's own DOI", () => {
    expect(identifierAliases(record({ doi: '10.48550/arXiv.2401.00001' }))).toContain('arxiv:2401.00001')
  })

  it.each([
    ['arxiv:1706.03762v5', 'arxiv:1706.03762'],
    ['arXiv:1706.03762', 'arxiv:1706.03762'],
    ['DOI:10.1000/XYZ', 'doi:10.1000/xyz'],
    ['doi:https://doi.org/10.1000/xyz', 'doi:10.1000/xyz'],
  ])('understands the reference %s', (reference, alias) => {
    expect(aliasesOfReference(reference)).toEqual([`id:${reference}`, alias])
  })

  it('takes every other reference for an id, as it is', () => {
    expect(aliasesOfReference('isbn:99')).toEqual(['id:isbn:99'])
    expect(aliasesOfReference('arxiv:')).toEqual(['id:arxiv:'])
  })
})

describe('sameByTitle', () => {
  const record = (fields: object) => PaperRecord.parse({ title: 'T', ...fields })

  it('keeps papers of different arXiv ids apart, also where one is given as a DOI', () => {
    const known = paper('T', { arxivId: '2401.00001' })
    expect(sameByTitle(record({ arxivId: '2401.00002' }), known, [known.id])).toBe(false)
    expect(sameByTitle(record({ doi: '10.48550/arXiv.2401.00002' }), known, [known.id])).toBe(false)
    expect(sameByTitle(record({ doi: '10.48550/arXiv.2401.00001' }), known, [known.id])).toBe(true)
  })

  it("does not hold arXiv's DOI against the publisher's", () => {
    const known = paper('T', { doi: '10.1000/x' })
    expect(sameByTitle(record({ doi: '10.48550/arXiv.2401.00002' }), known, [known.id])).toBe(true)
    expect(sameByTitle(record({ doi: '10.1000/y' }), known, [known.id])).toBe(false)
  })

  it('takes two ids of sources for two papers, and an id of ours for none', () => {
    const known = paper('T')
    expect(sameByTitle(record({ id: 'own' }), known, [known.id])).toBe(true)
    expect(sameByTitle(record({ id: 'own' }), known, [known.id, 'other'])).toBe(false)
    expect(sameByTitle(record({}), known, [known.id, 'other'])).toBe(true)
  })
})

describe('recordHash', () => {
  it('does not depend on the order of fields, on what is not said, or on the vector', () => {
    const one = PaperRecord.parse({ title: 'T', abstract: 'A', doi: null })
    const other = PaperRecord.parse({ abstract: 'A', title: 'T', embedding: [1], embeddingModel: 'm' })
    expect(recordHash(one)).toBe(recordHash(other))
    expect(recordHash(PaperRecord.parse({ title: 'T', abstract: 'B' }))).not.toBe(recordHash(one))
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { someRecords } from '../support/records.ts'
import { createWorkplace } from './run-kindred.ts'

const RECORDS = someRecords(30).map((record, n) => ({ ...record, id: `r${n}`, publishedAt: '2020-02-02' }))
const workplace = createWorkplace()

beforeAll(async () => {
  const stdin = RECORDS.map((record) => JSON.stringify(record)).join('\n')
  const { code } = await workplace.run(['ingest', '-'], { stdin })
  expect(code).toBe(0)
})

async function recommended(args: readonly string[]): Promise<List> {
  const { code, stdout, stderr } = await workplace.run(['recommend', '--json', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return List.parse(JSON.parse(stdout))
}

describe('kindred recommend', () => {
  it('takes ids and titles, and gives papers but those', async () => {
    const list = await recommended(['r1', RECORDS[8]?.title ?? '', '--not', 'r3', '--not', 'r4', '--limit', '20'])
    expect(list.data).toHaveLength(20)
    expect(list.total).toBe(26)
    expect(list.data.map(({ id }) => id)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^r[1348]$/)]))
  })

  it('takes texts, a strategy and what comes after the ranking', async () => {
    const asked = ['--text', 'otters at night', '--strategy', 'bestScore', '--explain']
    const { data } = await recommended([...asked, '--diversity', '0.4', '--recency-half-life', '90.5', '--collapse'])
    expect(data[0]?.explain?.nearestSeed).toBe(0)
    expect(data[0]?.explain?.boosts.map(({ name }) => name)).toEqual(['recency'])
  })

  it('says to people which paper explains each hit', async () => {
    const { stdout } = await workplace.run(['recommend', 'r1', '--text', 'kilns', '--explain'])
    expect(stdout).toMatch(/most like (r1|text 1)/)
  })

  it.each([
    [['recommend'], 2, 'at least one paper or text'],
    [['recommend', '--not', 'r1'], 2, 'positive'],
    [['recommend', 'r1', '--strategy', 'mean'], 2, 'strategy'],
    [['recommend', 'r1', '--diversity', 'much'], 2, 'number'],
    [['recommend', 'r1', 'nobody'], 4, 'nobody'],
  ])('ends %j with code %i', async (args, expected, text) => {
    const { code, stdout, stderr } = await workplace.run(args)
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
    expect(stderr).toContain(text)
  })
})

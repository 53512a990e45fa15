import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Context } from '../../src/domain/context.ts'
import { Verification } from '../../src/domain/verify.ts'
import { createWorkplace, paperLines } from './run-kindred.ts'

const here = createWorkplace()
beforeAll(async () => {
  const { code } = await here.run(['ingest', '-'], { stdin: paperLines(20).join('') })
  expect(code).toBe(0)
})

describe('kindred context', () => {
  it('prints the text alone to standard output, and the counts beside it', async () => {
    const { code, stdout, stderr } = await here.run([
      'context',
      'attention',
      'graph',
      '--max-tokens',
      '400',
      '--min-score',
      '0',
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Excerpts of papers follow[\s\S]*<<<PAPER \d{15} \[study\d{4}\]>>>[\s\S]*was data\.\n$/)
    expect(stderr).toMatch(/\d+ papers? · \d+ tokens \(o200k\)/)
  })

  it('gives the whole answer as JSON, in the style and of the papers that are named', async () => {
    const { stdout } = await here.run([
      'context',
      '--paper',
      'study-3',
      '--paper',
      'study-4',
      '--style',
      'xml',
      '--json',
    ])
    const built = Context.parse(JSON.parse(stdout))
    expect(built.citations.map(({ id }) => id)).toEqual(['study-3', 'study-4'])
    expect(built.context).toMatch(/^<papers /)
  })

  it.each([
    [['context'], 2, 'query'],
    [['context', 'x', '--max-tokens', '5'], 2, 'at least'],
    [['context', '--paper', 'study-3', '--year', '2001'], 2, '--paper'],
    [['context', '--paper', 'nobody'], 4, 'nobody'],
    [['verify', 'nowhere.md'], 4, 'nowhere.md'],
    [['verify', '-'], 2, 'answer'],
  ])('ends %j with code %i', async (args, expected, text) => {
    const { code, stdout, stderr } = await here.run(args)
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
    expect(stderr).toContain(text)
  })
})

describe('kindred verify', () => {
  it('ends with 0 where every quote and key stands', async () => {
    const stdin = '"We look at attention number 0" [study2000].'
    const { code, stdout, stderr } = await here.run(['verify', '-'], { stdin })
    expect({ code, stdout: stdout.split('\n')[0] }).toEqual({
      code: 0,
      stdout: 'exact     “We look at attention number 0”',
    })
    expect(stderr).toBe('1 of 1 quote stand · 1 of 1 citation known\n')
  })

  it('ends with 6 where one does not, and says which', async () => {
    writeFileSync(join(here.dir, 'answer.md'), '"We look at attention number 7" [study2000], and [ghost1999].')
    const { code, stdout } = await here.run(['verify', 'answer.md'])
    expect(code).toBe(6)
    expect(stdout).toContain('altered')
    expect(stdout).toContain('number: “7” for “0”')
    expect(stdout).toContain('missing   [ghost1999]')
    const { stdout: json } = await here.run(['verify', 'answer.md', '--json'])
    expect(Verification.parse(JSON.parse(json))).toMatchObject({ ok: false })
  })
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { SETTINGS } from '../../src/config/settings.ts'
import { CODES } from '../../src/domain/errors.ts'
import { createWorkplace, paperLines } from './run-kindred.ts'

const here = createWorkplace()
const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(here.dir, name), content)

beforeAll(async () => {
  write('good.jsonl', paperLines(3).join(''))
  write(
    'mixed.jsonl',
    ['{"title": "Kept before"}\n', '{"title": \n', '{"title": ""}\n', '{"title": "Kept after"}\n'].join(''),
  )
  write('empty.jsonl', '')
  write(
    'binary.dat',
    Uint8Array.from({ length: 500 }, (_, at) => (at * 37) % 256),
  )
  write('broken.json', '{port: 1}')
  write('settings.json', JSON.stringify({ port: 'x', prot: 1 }))
  mkdirSync(join(here.dir, 'folder'))
  expect((await here.run(['ingest', 'good.jsonl'])).code).toBe(0)
})

describe('bad usage ends with its exit code, a message on standard error and nothing on standard output', () => {
  it.each([
    ['an unknown command', ['serch', 'x'], 2, 'INVALID_REQUEST', 'search'],
    ['an unknown option', ['search', 'x', '--limmit', '3'], 2, 'INVALID_REQUEST', '--limit'],
    ['a missing argument', ['search'], 2, 'INVALID_REQUEST', 'question'],
    ['an empty question', ['search', ' '], 2, 'INVALID_REQUEST', 'query'],
    ['a question of 10,000 characters', ['search', 'x'.repeat(10_000)], 2, 'INVALID_REQUEST', 'query'],
    ['a limit that is no number', ['search', 'x', '--limit', 'ten'], 2, 'INVALID_REQUEST', 'whole number'],
    ['a limit out of range', ['search', 'x', '--limit', '101'], 2, 'INVALID_REQUEST', 'limit'],
    ['an unknown mode', ['search', 'x', '--mode', 'magic'], 2, 'INVALID_REQUEST', 'hybrid'],
    ['no paper to compare with', ['similar'], 2, 'INVALID_REQUEST', '--text'],
    ['two things to compare with', ['similar', 'study-1', '--text', 'x'], 2, 'INVALID_REQUEST', '--text'],
    [
      'a day that does not exist',
      ['ingest', 'good.jsonl', '--captured', '2024-02-30'],
      2,
      'INVALID_REQUEST',
      'calendar',
    ],
    ['an export into a folder that is not there', ['export', 'none/all.jsonl'], 2, 'INVALID_REQUEST', 'all.jsonl'],
    ['an export over a folder', ['export', 'folder'], 2, 'INVALID_REQUEST', 'regular file'],
    ['a port out of range', ['serve', '--port', '99999'], 2, 'CONFIG_INVALID', 'flag --port'],
    ['another host', ['serve', '--host', '0.0.0.0', '--port', '0'], 2, 'HOST_REFUSED', '0.0.0.0'],
    ['a settings file with faults', ['stats', '--config', 'settings.json'], 2, 'CONFIG_INVALID', 'file key prot'],
    ['a settings file that is not JSON', ['stats', '--config', 'broken.json'], 2, 'CONFIG_INVALID', 'broken.json'],
    ['a settings file that is not there', ['stats', '--config', 'none.json'], 2, 'CONFIG_INVALID', 'none.json'],
    ['an unknown paper', ['show', 'nobody'], 4, 'PAPER_NOT_FOUND', 'nobody'],
    ['neighbours of an unknown paper', ['similar', 'nobody'], 4, 'PAPER_NOT_FOUND', 'nobody'],
    ['an index that is not there', ['stats', '--index', 'none'], 5, 'STORE_UNREADABLE', 'kindred ingest'],
  ] as const)('%s', async (...[, args, exitCode, code, hint]) => {
    const [people, machine] = await Promise.all([here.run(args), here.run([...args, '--json'])])
    expect(people).toMatchObject({ code: exitCode, stdout: '' })
    expect(people.stderr).toContain(`(${code})`)
    expect(people.stderr).toContain(hint)
    expect(people.stderr).not.toMatch(/ at .*:\d+:\d+/)
    expect(machine).toMatchObject({ code: exitCode, stdout: '' })
    const problem = JSON.parse(machine.stderr)
    expect(problem).toEqual({
      code,
      detail: expect.stringContaining(hint),
      remedy: expect.any(String),
      issues: expect.any(Array),
    })
    expect(CODES).toHaveProperty(problem.code)
  })

  it('also where no command is given, with the help', async () => {
    expect(await here.run([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Commands:') })
  })
})

describe('bad records', () => {
  it('are named by file and line, and lose nothing of the others', async () => {
    const { code, stdout, stderr } = await here.run(['ingest', 'mixed.jsonl'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/2 added, 0 updated, 0 unchanged, 2 rejected/)
    expect(stderr).toMatch(/mixed\.jsonl:2: .*\(RECORD_BROKEN\)/)
    expect(stderr).toMatch(/mixed\.jsonl:3: title: .*\(RECORD_INVALID\)/)
    expect(stderr).toContain('2 records have no abstract')
  })

  it('are listed as JSON', async () => {
    const { code, stdout, stderr } = await here.run(['ingest', 'mixed.jsonl', '--json'])
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      rejectedTotal: 2,
      rejected: [
        { source: 'mixed.jsonl', line: 2, code: 'RECORD_BROKEN' },
        { source: 'mixed.jsonl', line: 3, code: 'RECORD_INVALID' },
      ],
    })
  })

  it('stop a strict run, which keeps the records before', async () => {
    const index = ['--index', 'strict']
    const { code, stdout, stderr } = await here.run(['ingest', 'mixed.jsonl', '--strict', ...index])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toMatch(/mixed\.jsonl:2: /)
    expect(JSON.parse((await here.run(['stats', '--json', ...index])).stdout)).toMatchObject({ papers: 1 })
  })

  it.each([
    ['none.jsonl', 4, 'SOURCE_NOT_FOUND'],
    ['none/*.jsonl', 4, 'SOURCE_NOT_FOUND'],
    ['empty.jsonl', 3, 'SOURCE_EMPTY'],
    ['binary.dat', 3, 'SOURCE_UNKNOWN'],
  ])('where %s gives none at all, the exit code is %i', async (path, exitCode, code) => {
    const ended = await here.run(['ingest', path])
    expect(ended.code).toBe(exitCode)
    expect(ended.stderr).toContain(`(${code})`)
  })
})

describe('an empty index', () => {
  it('answers with no hits and says how to fill it', async () => {
    const index = ['--index', 'emptied']
    await here.run(['ingest', '-', ...index], { stdin: paperLines(1)[0] ?? '' })
    await here.run(['remove', 'study-0', ...index])
    const { code, stdout, stderr } = await here.run(['search', 'anything', ...index])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain('kindred ingest')
  })
})

describe('help', () => {
  it('of the program has every setting and exit code, and the version stands alone', async () => {
    const { code, stdout } = await here.run(['--help'])
    expect(code).toBe(0)
    for (const { flag, env } of SETTINGS) for (const name of [flag, env]) expect(stdout).toContain(name)
    for (const exitCode of [0, 1, 2, 3, 4, 5, 130]) expect(stdout).toMatch(new RegExp(`^ +${exitCode} {2}\\S`, 'm'))
    expect((await here.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each(['ingest', 'serve', 'search', 'similar', 'show', 'list', 'remove', 'export'])(
    'of %s has examples',
    async (name) => {
      const { code, stdout, stderr } = await here.run([name, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`$ kindred ${name} `.trimEnd())
      expect(stdout).toContain('--index <dir>')
    },
  )
})

describe('the environment', () => {
  it('warns of a variable that is no setting, and not of the one that the installation reads', async () => {
    const { code, stderr } = await here.run(['stats'], { env: { KINDRED_MODLE: 'x', KINDRED_PORTABLE: '1' } })
    expect(code).toBe(0)
    expect(stderr).toContain('KINDRED_MODLE')
    expect(stderr).not.toContain('KINDRED_PORTABLE')
  })

  it('names a model that cannot be had, and does not look for it where it must not', async () => {
    const { code, stderr } = await here.run(['search', 'x', '--json'], {
      env: { KINDRED_MODEL: 'Xenova/none', KINDRED_OFFLINE: '1' },
    })
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ code: 'MODEL_UNAVAILABLE' })
  })
})

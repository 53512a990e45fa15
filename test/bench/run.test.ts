import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('../../bench/main.mjs', import.meta.url))
const bench = (...args: string[]) => run(process.execPath, [PROGRAM, ...args])

interface Report {
  readonly machine: { readonly cores: number }
  readonly parts: readonly {
    readonly name: string
    readonly targets: readonly { readonly held: boolean }[]
    readonly data: readonly {
      readonly size: number
      readonly measured: Readonly<Record<string, { recall: number }[]>>
    }[]
  }[]
}

describe('npm run bench', () => {
  it('measures a part to its end and writes its report in words and as JSON', async () => {
    const dir = tempDir()
    const out = join(dir, 'out')
    const trial = ['--model', 'hash', '--cache', join(dir, 'cache'), '--peers', join(dir, 'none')]
    const { stdout } = await bench('--quick', '--only', 'ann', '--sizes', '200', '--out', out, ...trial)
    expect(stdout).toContain('## The index alone')

    const report: Report = JSON.parse(readFileSync(join(out, 'benchmarks.json'), 'utf8'))
    expect(report.machine.cores).toBeGreaterThan(0)
    expect(report.parts.map(({ name }) => name)).toEqual(['ann'])
    const [measured] = report.parts[0]?.data ?? []
    expect(measured?.size).toBe(200)
    expect(measured?.measured['kindred 128']?.[0]?.recall).toBeGreaterThan(0.95)

    const text = readFileSync(join(out, 'benchmarks.md'), 'utf8')
    expect(text).toMatch(/^# Benchmarks\n/)
    expect(text).toMatch(/\n\d+ held, \d+ missed\.\n/)
    expect(readdirSync(join(dir, 'cache')).filter((name) => name.startsWith('unfinished'))).toEqual([])
  }, 60_000)

  it('tells its options, and refuses what makes no sense', async () => {
    expect((await bench('--help')).stdout).toContain('--only <part,…>')
    await expect(bench('--only', 'nothing')).rejects.toMatchObject({ code: 2 })
    await expect(bench('--sizes', 'many')).rejects.toMatchObject({ code: 2 })
    await expect(bench('--dist', join(tempDir(), 'none'))).rejects.toMatchObject({ code: 2 })
  })
})

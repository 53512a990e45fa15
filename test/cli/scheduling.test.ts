import { readdirSync, readFileSync } from 'node:fs'
import { platform, release } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { goFirst, letOthersGo } from '../../src/disk/scheduling.ts'
import { createWorkplace, said } from './run-kindred.ts'

/** Of a thread, in nanoseconds; null where this system does not tell, or knows no slices of a thread's own. */
function sliceOf(path: string): number | null {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  if (platform() !== 'linux' || major < 6 || (major === 6 && minor < 12)) return null
  try {
    return Number(/^se\.slice\s*:\s*(\d+)/m.exec(readFileSync(`${path}/sched`, 'utf8'))?.[1] ?? Number.NaN) || null
  } catch {
    return null
  }
}

/** The nineteenth field of a thread's stat; its name, in brackets, may hold spaces. Null where it has ended. */
function niceOf(path: string): number | null {
  try {
    return Number(readFileSync(`${path}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[16])
  } catch {
    return null
  }
}

const threadsOf = (pid: number): string[] => readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`)

async function serving(): Promise<number> {
  const child = createWorkplace().start(['serve', '--port', '0', '--sample'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await said(child.stderr, /http:/)
  return child.pid ?? 0
}

const ordinary = sliceOf('/proc/self')

describe('the threads of a server', () => {
  it.skipIf(ordinary === null)(
    'have ordinary slices, but for the one that answers, whose are shorter (skipped before Linux 6.12)',
    async () => {
      const pid = await serving()
      const [main, ...others] = threadsOf(pid).map(sliceOf)
      expect(main).toBeLessThan(ordinary ?? 0)
      expect(new Set(others.filter((slice) => slice !== null))).toEqual(new Set([ordinary]))
    },
  )

  it.skipIf(platform() !== 'linux')('let the one that answers go before the one that writes', async () => {
    const pid = await serving()
    const [main, ...others] = threadsOf(pid).map(niceOf)
    expect(main).toBeLessThan(10)
    expect(others).toContain(10)
  })
})

describe('what asks for a place in the queue', () => {
  it('does so wherever it runs, and again without harm', () => {
    for (let times = 0; times < 2; times += 1) {
      expect([goFirst(), letOthersGo()]).toEqual([expect.any(Boolean), undefined])
    }
  })
})

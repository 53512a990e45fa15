import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { keepAwake } from '../../bench/awake/awake.mjs'

/** As the kernel numbers those who run only where nobody else wants to; see sched(7). */
const SCHED_IDLE = 5
const POLICY = 38

/** Whether it runs; one that is dead but whose end nobody has taken note of yet does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const policyOf = (pid: number, thread: string) => {
  const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[POLICY])
}

describe.runIf(process.platform === 'linux')('what keeps the processors awake', () => {
  it('gives way to all others with each of its threads, and ends when it is told to', async () => {
    const awake = await keepAwake()
    onTestFinished(() => awake?.stop())
    const pid = awake?.pid ?? 0
    const threads = readdirSync(`/proc/${pid}/task`)
    expect(threads.length).toBeGreaterThan(1)
    expect(threads.map((thread) => policyOf(pid, thread))).toEqual(threads.map(() => SCHED_IDLE))
    await awake?.stop()
    expect(runs(pid)).toBe(false)
  })

  it('ends with whoever started it, however that ends', async () => {
    const starter = `import { keepAwake } from ${JSON.stringify(new URL('../../bench/awake/awake.mjs', import.meta.url).href)}
      const { pid } = await keepAwake()
      console.log(pid)
      process.kill(process.pid, 'SIGKILL')`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', starter])
    const { stdout } = await run.catch((error: { stdout: string }) => error)
    const pid = Number(stdout)
    expect(pid).toBeGreaterThan(0)
    await vi.waitFor(() => expect(runs(pid)).toBe(false), { timeout: 5_000 })
  })
})

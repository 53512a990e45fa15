import { execFile } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { DEVICE, keepAwake } from '../../bench/awake.mjs'

function mayAsk(): boolean {
  try {
    accessSync(DEVICE, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** How long a wake-up may take now, in microseconds, for all who asked. */
function allowed(): number {
  const file = openSync(DEVICE, 'r')
  const bytes = new Int32Array(1)
  readSync(file, bytes, 0, bytes.byteLength, null)
  closeSync(file)
  return bytes[0] ?? Number.NaN
}

// Where another bench runs beside it, it is kept awake already.
describe.runIf(mayAsk() && allowed() > 0)('what keeps the processors awake', () => {
  it('lets no wake-up take any time until it is told to stop', () => {
    const before = allowed()
    const awake = keepAwake()
    expect(allowed()).toBe(0)
    awake?.stop()
    expect(allowed()).toBe(before)
  })

  it('ends with whoever asked for it, however that ends', async () => {
    const program = new URL('../../bench/awake.mjs', import.meta.url).href
    const script = `import { keepAwake } from ${JSON.stringify(program)}
      console.log(keepAwake() !== null)
      process.kill(process.pid, 'SIGKILL')`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    const { stdout } = await run.catch((error: { stdout: string }) => error)
    expect(stdout.trim()).toBe('true')
    expect(allowed()).toBeGreaterThan(0)
  })
})

describe.skipIf(mayAsk())('where the processors cannot be kept awake', () => {
  it('nothing is kept', () => {
    expect(keepAwake()).toBeNull()
  })
})

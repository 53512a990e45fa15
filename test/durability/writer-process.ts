import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../fixtures/write-without-end.mjs', import.meta.url))

/** Another process that writes to the folder until the test ends. Resolves after its first batches. */
export async function startWriter(dir: string): Promise<{ stop(): Promise<void> }> {
  const child = spawn(process.execPath, [PROGRAM, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let batches = 0
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    batches += String(chunk).split('\n').length - 1
    if (batches >= 5) break
  }
  child.stdout.resume()
  return {
    stop: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

// Processors that do not fall asleep between two requests. On a virtual machine one that has nothing to do is handed back to
// the host, and whoever wakes it waits until the host has a place for it again: the time of one request is then the host's.
// What keeps them awake takes no turn that anybody else wants.
import { fileURLToPath } from 'node:url'
import { compiledProgram } from '../compiled.mjs'
import { startProcess } from '../processes.mjs'

const SOURCE = fileURLToPath(new URL('awake.cc', import.meta.url))

/** `{ pid, stop }` once the processors are kept awake; null where they cannot be: another system, or no compiler. */
export async function keepAwake() {
  const program = await compiledProgram(SOURCE, ['-pthread'])
  if (program === null) return null
  return new Promise((resolve) => {
    const { child, pid, stop } = startProcess(program, [], { onLine: () => resolve({ pid, stop }) })
    child.once('exit', () => resolve(null))
  })
}

// Folders that are gone when the bench is, also when it is interrupted.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const dirs = new Set()
const clear = (dir) => rmSync(dir, { recursive: true, force: true })

process.once('exit', () => {
  for (const dir of dirs) clear(dir)
})

/** `{ dir, remove }` of a new, empty folder; `inside` another one than that of the system. */
export function tempDir(inside = tmpdir(), prefix = 'kindred-bench-') {
  const dir = mkdtempSync(join(inside, prefix))
  dirs.add(dir)
  const remove = () => {
    dirs.delete(dir)
    clear(dir)
  }
  return { dir, remove }
}

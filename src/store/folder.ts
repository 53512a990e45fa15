import { mkdirSync } from 'node:fs'
import { removeLeftovers } from '../disk/leftovers.ts'
import { fail } from '../domain/errors.ts'
import { systemCodeOf } from '../domain/system-code.ts'

/** What the system says of a folder or of a file in it, as ours. */
export function failInFolder(what: string, cause: unknown): never {
  const code = systemCodeOf(cause) ?? 'unknown'
  return fail(code === 'ENOSPC' || code === 'EDQUOT' ? 'STORAGE_FULL' : 'STORE_UNREADABLE', `${what} (${code}).`, {
    cause,
  })
}

/** A restore unpacks in a temporary folder of this name; one that died after the move leaves it behind. */
export const RESTORE_WORK = 'restore'

/** For the writer of the folder, beside whom nobody restores into it. */
export const removeRestoreLeftovers = (dir: string): void => removeLeftovers(dir, (of) => of === RESTORE_WORK)

/** Makes the index folder where it is missing. Throws STORE_UNREADABLE, STORAGE_FULL. */
export function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    failInFolder(`The folder "${dir}" cannot be made`, cause)
  }
}

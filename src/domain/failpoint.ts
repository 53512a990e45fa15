/**
 * Places between two states where a crash must not matter, in the order in which a write passes them. The fault tests
 * (test/durability) stop the process at each.
 */
export const FAILPOINTS = [
  'migration-before-commit',
  'migration-after-commit',
  'write-before-commit',
  // Committed, but the index does not know of it yet.
  'write-after-commit',
  'delete-half-way',
  'delete-after-commit',
  'ingest-before-ack',
  'save-half-way',
  'save-after-write',
  'save-after-fsync',
  'save-after-rename',
  'manifest-half-way',
  'manifest-after-rename',
  'backup-after-copy',
  'backup-half-way',
  'backup-after-rename',
  'restore-before-move',
  // The database is in its place, and the folder that it was unpacked in still there.
  'restore-after-move',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

/** `name` stops at the first time that the place is reached, `name:3` at the third. */
function armed(setting: string | undefined): (reached: Failpoint) => void {
  if (!setting) return () => undefined
  const [name, times = '1'] = setting.split(':')
  let left = Number(times)
  return (reached) => {
    if (reached !== name) return
    left -= 1
    // As a power switch: no handler runs, nothing is flushed or closed.
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}

/** Does nothing, unless KINDRED_FAILPOINT named this place when the process started. */
export const failpoint = armed(process.env.KINDRED_FAILPOINT)

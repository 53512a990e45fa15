import type { Failpoint } from '../../../src/domain/failpoint.ts'

/** Where a backup dies (archive-deaths.test.ts), and whether the archive has its name by then. */
export const BACKUP = {
  'backup-after-copy': false,
  'backup-half-way': false,
  'backup-after-rename': true,
} as const satisfies { [Point in Failpoint]?: boolean }

/** Where a restore dies, and whether the database is in its place by then. */
export const RESTORE = { 'restore-before-move': false, 'restore-after-move': true } as const satisfies {
  [Point in Failpoint]?: boolean
}

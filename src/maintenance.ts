import { existsSync } from 'node:fs'
import { checkGraph } from './ann/check-graph.ts'
import { createBackup } from './backup/create.ts'
import { restoreBackup, verifyBackup } from './backup/restore.ts'
import { createShelf } from './backup/shelf.ts'
import type { Config } from './config.ts'
import type { Finding } from './domain/checkup.ts'
import { KindredError, toKindredError } from './domain/errors.ts'
import { describeWriter } from './domain/writer.ts'
import { verifyFolder } from './embed/checksums.ts'
import { placeOf } from './embed/model-folder.ts'
import { checkDatabase, isOfThisSchema } from './store/check-database.ts'
import { checkFolder, tidyFolder } from './store/check-folder.ts'
import { openPaperStore } from './store/papers.ts'
import { repairDatabase } from './store/repair.ts'
import { salvagePapers } from './store/salvage.ts'
import { findWriter, takeWriterLock } from './store/writer-lock.ts'

export type { Backup } from './backup/create.ts'
export type { BackupManifest } from './backup/manifest.ts'
// Work on an index folder as a whole, for which no Kindred is opened.
export { createBackup, createShelf, salvagePapers, verifyBackup }

/** Around all that changes a folder from outside. Throws INDEX_LOCKED. */
async function asOnlyWriter<T>(dir: string, command: string, work: () => Promise<T>): Promise<T> {
  // Nobody writes to a folder that is not there, and one that is refused in the end must not be made.
  if (!existsSync(dir)) return work()
  const lock = await takeWriterLock(dir, command)
  try {
    return await work()
  } finally {
    lock.release()
  }
}

/** See backup/restore.ts. */
export const restoreInto: typeof restoreBackup = (options) =>
  asOnlyWriter(options.dir, 'kindred restore', () => restoreBackup(options))

/** Mends what can be made anew, and says what was done; see store/repair.ts. Throws STORE_CORRUPT, INDEX_LOCKED. */
export const repairIndex = (dir: string): Promise<string[]> =>
  asOnlyWriter(dir, 'kindred doctor --repair', async () => [...tidyFolder(dir), ...(await repairDatabase(dir))])

function whoWrites(dir: string): Finding {
  const writer = findWriter(dir)
  const detail = writer ? `${describeWriter(writer)} said last that it writes` : 'nobody said that it writes'
  return { check: 'writer', status: 'ok', detail }
}

const MODEL = 'model'

async function checkModel(config: Config): Promise<Finding> {
  if (config.model === 'hash') return { check: MODEL, status: 'note', detail: 'hash, which has no files' }
  const { folder, revision } = placeOf(config)
  if (!existsSync(folder))
    return { check: MODEL, status: 'note', detail: `${config.model} is fetched when it is needed` }
  try {
    const files = (await verifyFolder(folder)).size
    const checked = files === 0 ? 'no checksums to compare with' : `${files} files have their checksums`
    return { check: MODEL, status: files === 0 ? 'note' : 'ok', detail: `${config.model} (${revision}), ${checked}` }
  } catch (thrown) {
    const { message, remedy } = toKindredError(thrown)
    return { check: MODEL, status: 'fault', detail: `${message} ${remedy}` }
  }
}

/** Only over a database that can be trusted; a graph is derived from it. */
async function checkIndex(dir: string): Promise<Finding> {
  try {
    return await checkGraph(dir, (space) => openPaperStore({ dir, readOnly: true }, space))
  } catch (thrown) {
    if (!(thrown instanceof KindredError)) throw thrown
    return { check: 'graph', status: 'fault', detail: `${thrown.message} ${thrown.remedy}` }
  }
}

const isSound = (findings: readonly Finding[]): boolean =>
  findings.every(({ check, status }) => status !== 'fault' || (check !== 'database' && check !== 'schema'))

/** Examines an index folder and the model, and changes nothing. Throws STORE_UNREADABLE, STORE_NEWER. */
export async function diagnose(config: Config, { quick = false } = {}): Promise<Finding[]> {
  const dir = config.indexDir
  const database = checkDatabase(dir, { quick })
  // To open the store of an older schema would bring it up.
  const graph = isSound(database) && isOfThisSchema(dir) ? [await checkIndex(dir)] : []
  return [...database, ...graph, ...checkFolder(dir), whoWrites(dir), await checkModel(config)]
}

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leftoversIn, uniqueName } from '../disk/leftovers.ts'

/** Native work that may end the process. */
interface Attempt {
  readonly dir: string
  readonly kind: 'load' | 'build'
  /** What it works on. */
  readonly subject: string
}

/** Runs the work under a note on the disk; a note that outlives its process says that the process did not survive it. */
export async function attempt<T>({ dir, kind, subject }: Attempt, work: () => Promise<T>): Promise<T> {
  const note = join(dir, uniqueName(kind, 'attempt'))
  // A folder that cannot be written is read all the same.
  await writeFile(note, subject).catch(() => undefined)
  try {
    return await work()
  } finally {
    await rm(note, { force: true }).catch(() => undefined)
  }
}

/** How many processes did not survive this. */
export async function fatalAttempts({ dir, kind, subject }: Attempt): Promise<number> {
  const notes = leftoversIn(dir, (of) => of === kind, 'attempt')
  const subjects = await Promise.all(notes.map((name) => readFile(join(dir, name), 'utf8').catch(() => '')))
  return subjects.filter((each) => each === subject).length
}

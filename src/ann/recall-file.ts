import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { writeFileAtomically } from '../disk/atomic-file.ts'

const RECALL_FILE = 'recall.json'
/** Raise it when what was measured before is not to be believed any more. */
const FORMAT = 2

const share = z.number().min(0).max(1)
const Kind = z.strictObject({
  ef: z.int().min(1),
  recall: z
    .strictObject({ at10: share, low: share, high: share, sample: z.int().min(1), of: z.enum(['queries', 'vectors']) })
    .nullable(),
})

const origin = {
  databaseId: z.string(),
  fingerprint: z.string(),
  m: z.int(),
  efConstruction: z.int(),
  target: share,
}
const Origin = z.strictObject(origin)
/** What widths were chosen for, besides the number of vectors. */
export type Origin = z.infer<typeof Origin>

/** What was measured of a graph, so that a restart and a single command need not measure again. */
const Remembered = z.strictObject({
  format: z.literal(FORMAT),
  ...origin,
  /** How many vectors there were. */
  vectors: z.int().min(0),
  kinds: z.strictObject({ paper: Kind, question: Kind }),
})
type Remembered = z.infer<typeof Remembered>

/** Whether it was measured of this graph, or of one built alike of the same papers. */
export const isOf = (remembered: Remembered, origin: Origin): boolean =>
  isDeepStrictEqual(Origin.strip().parse(remembered), origin)

/** Null where there is none that can be read: it is measured anew then. */
export async function readRemembered(dir: string): Promise<Remembered | null> {
  try {
    return Remembered.safeParse(JSON.parse(await readFile(join(dir, RECALL_FILE), 'utf8'))).data ?? null
  } catch {
    return null
  }
}

/** A disk that takes nothing costs no more than measuring again at the next start. */
export async function writeRemembered(dir: string, remembered: Omit<Remembered, 'format'>): Promise<void> {
  const text = `${JSON.stringify({ format: FORMAT, ...remembered }, null, 2)}\n`
  async function* chunks() {
    yield text
  }
  await writeFileAtomically(join(dir, RECALL_FILE), chunks()).catch(() => undefined)
}

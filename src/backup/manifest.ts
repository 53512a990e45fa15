import { createHash } from 'node:crypto'
import { z } from 'zod'
import { fail } from '../domain/errors.ts'
import { SCHEMA_VERSION } from '../store/migrations.ts'

const MAGIC = 'kindred-backup'
const FORMAT = 1

export const MANIFEST_ENTRY = 'manifest.json'
export const DATABASE_ENTRY = 'papers.db'
/** A manifest has a few hundred bytes. */
export const MAX_MANIFEST = 64 * 1024

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().min(0)

const Body = z.strictObject({
  magic: z.literal(MAGIC),
  format: z.literal(FORMAT),
  /** The version of the program that wrote it. */
  kindred: z.string().max(100),
  createdAt: z.iso.datetime(),
  schemaVersion: z.int().min(1),
  databaseId: z.string().max(100),
  generation: count,
  papers: count,
  /** Of the models that the papers have vectors of. */
  fingerprints: z.array(z.string().max(1_000)).max(100),
  files: z.tuple([z.strictObject({ name: z.literal(DATABASE_ENTRY), bytes: z.int().min(1), sha256 })]),
})
/** What an archive says of itself. The graph is not in it: it is derived, and none from elsewhere is ever loaded. */
export type BackupManifest = z.infer<typeof Body>

/** Over the body as JSON in the order above: a file's hash tells nothing of the manifest that holds it. */
const checksumOf = (body: BackupManifest): string => createHash('sha256').update(JSON.stringify(body)).digest('hex')

export function encodeManifest(facts: Omit<BackupManifest, 'magic' | 'format'>): string {
  const body = Body.parse({ magic: MAGIC, format: FORMAT, ...facts })
  return `${JSON.stringify({ ...body, checksum: checksumOf(body) }, null, 2)}\n`
}

const Claim = z.object({
  magic: z.literal(MAGIC),
  format: z.int(),
  kindred: z.string().max(100),
  schemaVersion: z.int(),
})

/** Before the rest is read: a later format may look otherwise. */
function refuseNewer(claim: z.infer<typeof Claim>): void {
  const { format, kindred, schemaVersion } = claim
  if (format > FORMAT) {
    fail(
      'BACKUP_NEWER',
      `The backup has format ${format} (of Kindred ${kindred}), this Kindred reads format ${FORMAT}.`,
    )
  }
  if (schemaVersion > SCHEMA_VERSION) {
    fail(
      'BACKUP_NEWER',
      `The backup has schema ${schemaVersion} (of Kindred ${kindred}), this Kindred knows schemas up to ${SCHEMA_VERSION}.`,
    )
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    fail('BACKUP_INVALID', 'The manifest of the backup cannot be read.', { cause })
  }
}

const Manifest = z.strictObject({ ...Body.shape, checksum: sha256 })

/** Throws BACKUP_NEWER, BACKUP_INVALID. */
export function decodeManifest(text: string): BackupManifest {
  const content = parseJson(text)
  const claim = Claim.safeParse(content)
  if (!claim.success) fail('BACKUP_INVALID', 'The file is an archive, but no backup of Kindred.')
  refuseNewer(claim.data)
  const parsed = Manifest.safeParse(content)
  if (!parsed.success) fail('BACKUP_INVALID', 'The manifest of the backup is not valid.', { cause: parsed.error })
  const { checksum, ...body } = parsed.data
  if (checksum !== checksumOf(body)) fail('BACKUP_INVALID', 'The manifest of the backup was altered.')
  return body
}

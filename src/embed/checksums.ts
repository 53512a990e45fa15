import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fail } from '../domain/errors.ts'

export const SUMS_FILE = 'SHA256SUMS'

/** Parses lines as `sha256sum` writes them: 64 hex digits, a blank, a blank or `*`, the path. Throws MODEL_CORRUPT. */
export function parseSums(text: string): Map<string, string> {
  const sums = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue
    const [, hash, path] = /^([0-9a-f]{64}) [ *](\S.*)$/i.exec(line) ?? []
    if (hash === undefined || path === undefined) fail('MODEL_CORRUPT', `${SUMS_FILE} has a line that is no checksum.`)
    sums.set(path, hash.toLowerCase())
  }
  return sums
}

/** SHA-256 of a file in hex, read as a stream: models of gigabytes are not held in memory. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

/**
 * Compares every file that the folder's SHA256SUMS lists. A folder without that file is somebody's own and passes.
 * Gives the verified hashes by path. Throws MODEL_CORRUPT, naming the file.
 */
export async function verifyFolder(folder: string): Promise<ReadonlyMap<string, string>> {
  const sums = await readSums(folder)
  for (const [path, expected] of sums) {
    const found = await hashFile(join(folder, path)).catch(() => null)
    if (found === null) fail('MODEL_CORRUPT', `${basename(path)} is missing.`)
    if (found !== expected) fail('MODEL_CORRUPT', `${basename(path)} does not match its checksum.`)
  }
  return sums
}

async function readSums(folder: string): Promise<Map<string, string>> {
  try {
    return parseSums(await readFile(join(folder, SUMS_FILE), 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
}

import { accessSync, constants, mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeLeftovers } from '../disk/leftovers.ts'
import { sha256OfFile } from '../disk/sync.ts'
import { fail } from '../domain/errors.ts'
import { failInFolder } from '../store/folder.ts'
import { createBackup } from './create.ts'

const FOLDER = 'backups'
const WORK = '.work'
const OWN_NAME = /^kindred-\d{8}T\d{9}Z\.tar$/

interface Shelf {
  /** The index folder. */
  readonly dir: string
  /** The version of the program. */
  readonly version: string
  /** How many backups stay, at least 1. */
  readonly keep: number
}

/** A backup in the index folder's `backups`. */
interface KeptBackup {
  readonly name: string
  readonly bytes: number
  /** Of the whole archive. */
  readonly sha256: string
  readonly papers: number
  readonly generation: number
}

/** By the clock, so that names are in the order of the backups: `kindred-20260131T090000000Z.tar`. */
const newName = (): string => `kindred-${new Date().toISOString().replace(/[-:.]/g, '')}.tar`

const isOwnWork = (of: string): boolean => OWN_NAME.test(of.endsWith(WORK) ? of.slice(0, -WORK.length) : of)

/** The folder, with nothing in it of a server that was killed. */
function openFolder(dir: string): string {
  const folder = join(dir, FOLDER)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
    removeLeftovers(folder, isOwnWork)
    return folder
  } catch (cause) {
    return failInFolder(`The folder "${FOLDER}" of the index cannot be written`, cause)
  }
}

/** The newest stay, and whatever has a name of somebody else's choice. */
async function removeOldest(folder: string, made: string, keep: number): Promise<void> {
  const older = (await readdir(folder)).filter((name) => OWN_NAME.test(name) && name !== made).sort()
  for (const name of older.reverse().slice(keep - 1)) await rm(join(folder, name), { force: true })
}

async function add({ dir, version, keep }: Shelf, signal?: AbortSignal): Promise<KeptBackup> {
  const folder = openFolder(dir)
  const name = newName()
  const file = join(folder, name)
  const { bytes, manifest } = await createBackup({ dir, file, version, signal })
  const sha256 = await sha256OfFile(file)
  await removeOldest(folder, name, keep)
  return { name, bytes, sha256, papers: manifest.papers, generation: manifest.generation }
}

/**
 * Backups that a running program makes of its own index: under names of their own, one at a time, the newest kept. What
 * it gives makes one; older ones go only when that is whole. Throws OVERLOADED while another is made, STORE_UNREADABLE,
 * and what createBackup throws.
 */
export function createShelf(shelf: Shelf): (signal?: AbortSignal) => Promise<KeptBackup> {
  let busy = false
  return async (signal) => {
    if (busy) fail('OVERLOADED', 'Another backup is being made.')
    busy = true
    try {
      return await add(shelf, signal)
    } finally {
      busy = false
    }
  }
}

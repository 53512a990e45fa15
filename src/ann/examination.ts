import { stat } from 'node:fs/promises'
import { sha256OfFile } from '../disk/sync.ts'
import { type GraphShape, structureFault } from './graph-structure.ts'

/** What there is to know of a graph file without loading it. */
export interface Examination {
  /** In bytes. */
  readonly size: number
  /** In hex; empty where it is no regular file, which may have no end. */
  readonly sha256: string
  /** As structureFault names it. */
  readonly fault: string | null
}

export interface Examined {
  readonly file: string
  readonly shape: GraphShape
}

/** Reads the whole file twice. Throws what the file system throws. */
export async function examination({ file, shape }: Examined): Promise<Examination> {
  const stats = await stat(file)
  const fault = await structureFault(file, shape)
  return { size: stats.size, sha256: stats.isFile() ? await sha256OfFile(file) : '', fault }
}

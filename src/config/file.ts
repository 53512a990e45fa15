import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fail } from '../domain/errors.ts'
import { systemCodeOf } from '../domain/system-code.ts'

/** Read where no other file is named. */
const DEFAULT_FILE = 'kindred.config.json'

export interface ConfigFile {
  readonly name: string
  readonly content: unknown
}

/**
 * The configuration file: the named one, else `kindred.config.json` of the working directory where there is one.
 * Throws CONFIG_INVALID where the named one is missing, or one is not JSON.
 */
export async function readConfigFile(named?: string): Promise<ConfigFile | undefined> {
  const path = named || DEFAULT_FILE
  const name = basename(path)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (!named && systemCodeOf(cause) === 'ENOENT') return undefined
    fail('CONFIG_INVALID', `The configuration file "${name}" cannot be read (${systemCodeOf(cause)}).`, { cause })
  }
  try {
    return { name, content: JSON.parse(text.replace(/^\uFEFF/, '')) }
  } catch (cause) {
    fail(
      'CONFIG_INVALID',
      `The configuration file "${name}" is not JSON: ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    )
  }
}

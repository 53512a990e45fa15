import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { fail } from '../domain/errors.ts'
import { MAX_TEXT } from '../domain/query.ts'
import { systemCodeOf } from '../domain/system-code.ts'

const isAbsent = (error: unknown): boolean => systemCodeOf(error) === 'ENOENT'

/**
 * A file's text, or for `-` that of standard input, read no further than a pasted text can be. Throws
 * SOURCE_NOT_FOUND, SOURCE_UNREADABLE.
 */
export async function readText(path: string): Promise<string> {
  const stream = path === '-' ? process.stdin : createReadStream(path)
  stream.setEncoding('utf8')
  let text = ''
  try {
    for await (const chunk of stream) {
      text += chunk
      if (text.length > 2 * MAX_TEXT) break
    }
  } catch (cause) {
    if (isAbsent(cause)) fail('SOURCE_NOT_FOUND', `There is no "${basename(path)}".`, { cause })
    fail('SOURCE_UNREADABLE', `"${basename(path)}" cannot be read.`, { cause })
  }
  return text
}

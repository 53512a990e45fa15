import { realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { KindredError } from '../domain/errors.ts'
import { toReadError } from './bytes.ts'

/** One input, or why a path gives none. `source` is the name that its records are known under. */
export type Input =
  | { readonly kind: 'stdin'; readonly source: string }
  | { readonly kind: 'file'; readonly source: string; readonly path: string }
  | { readonly kind: 'none'; readonly source: string; readonly error: KindredError }

/**
 * What the paths stand for, in their order: a file; a folder with all that is below it but hidden files, sorted; a glob,
 * sorted; `-` for stdin. Each file comes once, however often it is named.
 */
export async function* expandPaths(paths: readonly string[]): AsyncGenerator<Input> {
  const given = new Set<string>()
  for (const path of paths) {
    for (const input of await expand(path)) {
      const key = input.kind === 'file' ? await placeOf(input.path) : `${input.kind}:${input.source}`
      if (given.has(key)) continue
      given.add(key)
      yield input
    }
  }
}

/** Where the file really is, since links may lead to one file in several ways, or round in a circle. */
async function placeOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path))
}

async function expand(path: string): Promise<Input[]> {
  if (path === '-') return [{ kind: 'stdin', source: 'stdin' }]
  try {
    const status = await stat(path)
    if (!status.isDirectory()) return [file(path)]
    const names = await glob('**/*', { cwd: path, expandDirectories: false })
    return found(
      path,
      names.map((name) => join(path, name)),
    )
  } catch (thrown) {
    const error = toReadError(thrown)
    if (error.code !== 'SOURCE_NOT_FOUND' || !isDynamicPattern(path)) return [none(path, error)]
    return found(path, await glob(path, { expandDirectories: false }))
  }
}

/** Compared by code units, since the order must not depend on the machine's language. */
function found(path: string, files: readonly string[]): Input[] {
  if (files.length > 0) return [...files].sort((a, b) => (a < b ? -1 : 1)).map(file)
  return [none(path, new KindredError('SOURCE_NOT_FOUND', `No file matches ${basename(path)}.`))]
}

function file(path: string): Input {
  return { kind: 'file', path, source: basename(path).replace(/(.)\.gz$/i, '$1') }
}

function none(path: string, error: KindredError): Input {
  return { kind: 'none', source: basename(path), error }
}

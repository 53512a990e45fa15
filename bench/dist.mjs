// The build that is measured: ../dist, or that of another clone (`--dist`), so that two can be compared.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const PROJECT = fileURLToPath(new URL('..', import.meta.url))

/** A module of a build, e.g. `moduleOf(dist, 'index.js')`. */
export const moduleOf = (dist, path) => import(pathToFileURL(join(dist, path)).href)

/** The folder of a build. Throws where there is none. */
export function buildFolder(given) {
  const dist = resolve(given ?? join(PROJECT, 'dist'))
  if (!existsSync(join(dist, 'cli/main.js'))) throw new Error(`${dist} holds no build: run \`npm run build\` there.`)
  return dist
}

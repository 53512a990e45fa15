import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './process.ts'

/** `tmp` is half written; an `attempt` is a note of work that may end the process (ann/attempts.ts). */
type Suffix = 'tmp' | 'attempt'

/** In a container each process has the same id, so the moment this one began tells it from the one before. */
const BEGAN = Math.round(performance.timeOrigin)
const MARK = `${process.pid}-${BEGAN}`
const OWNED = /^(\.?)(.+?)\.(\d+)(?:-(\d+)(?:-[0-9a-f]{12})?)?\.(tmp|attempt)$/

/** `.<of>.<pid>-<began>.tmp`: says whose it is, so that the work of a killed process can be told from work under way. */
export const temporaryName = (of: string): string => `.${of}.${MARK}.tmp`

/** Another one at each call, for what a process makes several of at a time. */
export const uniqueName = (of: string, suffix: Suffix): string =>
  `${of}.${MARK}-${randomBytes(6).toString('hex')}.${suffix}`

const isAbandoned = (pid: number, began: string | undefined): boolean =>
  pid === process.pid ? began !== String(BEGAN) : !isAlive(pid)

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

/** Files and folders of that kind in a folder that nobody works on any more. */
export function leftoversIn(
  dir: string,
  isOurs: (of: string) => boolean = () => true,
  suffix: Suffix = 'tmp',
): string[] {
  return namesIn(dir).filter((name) => {
    const [, dot, of, pid, began, found] = OWNED.exec(name) ?? []
    // A name without either is hardly one of ours.
    if (of === undefined || found !== suffix || (dot === '' && began === undefined)) return false
    return isOurs(of) && isAbandoned(Number(pid), began)
  })
}

export function removeLeftovers(dir: string, isOurs?: (of: string) => boolean, suffix?: Suffix): void {
  for (const name of leftoversIn(dir, isOurs, suffix)) rmSync(join(dir, name), { recursive: true, force: true })
}

import { setTimeout as delay } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { WriterLock } from '../compose.ts'
import { fail, KindredError } from '../domain/errors.ts'
import { describeWriter, type Writer } from '../domain/writer.ts'
import { wholeNumber } from './request.ts'
import { type LiveServer, reachServer } from './server-client.ts'
import { type Session, startSession, type Use, useKindred } from './session.ts'

const LOOK_EVERY_MS = 200

export interface WaitOptions {
  /** Seconds, or false not to wait at all; without end where nothing is said. */
  readonly wait?: number | false | undefined
}

/** What a command that writes takes for the case that another one is writing. */
export const addWaitOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--wait <seconds>',
        'how long to wait while another command writes (default: until it has ended)',
      ).argParser(wholeNumber),
    )
    .option('--no-wait', 'fail at once where another command writes')

export interface Writing extends WaitOptions {
  readonly signal?: AbortSignal
  /** Opened also where the papers were embedded with another model. */
  readonly allowStale?: boolean
  /** Does the work on the index, which nobody else writes to meanwhile. */
  readonly here: Use
  /** Has it done by the server that writes to the index. */
  readonly through: (server: LiveServer, session: Session) => Promise<void>
}

const isLocked = (error: unknown): boolean => error instanceof KindredError && error.code === 'INDEX_LOCKED'

async function pause(signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(LOOK_EVERY_MS, undefined, { ...(signal && { signal }) })
  } catch {
    fail('INTERRUPTED', 'Stopped while another process was writing; nothing was done.')
  }
}

interface Held {
  readonly by: Writer | null
  readonly error: unknown
}

/** The lock, the server that has it, or who else does. */
async function attempt({ config, name }: Session): Promise<WriterLock | LiveServer | Held> {
  const { findWriter, lockId, takeWriterLock } = await import('../compose.ts')
  const dir = config.indexDir
  try {
    return await takeWriterLock(dir, name)
  } catch (error) {
    if (!isLocked(error)) throw error
    const by = findWriter(dir)
    const server = by?.url ? await reachServer(by.url, lockId(dir)) : null
    return server ?? { by, error }
  }
}

/** The lock as soon as it is free, or the server that has it. Throws INDEX_LOCKED when the waiting is over. */
async function claim(session: Session, { wait, signal }: Writing): Promise<WriterLock | LiveServer> {
  const until = performance.now() + (wait === undefined ? Number.POSITIVE_INFINITY : Number(wait) * 1000)
  for (let told = false; ; told = true) {
    const claimed = await attempt(session)
    if (!('by' in claimed)) return claimed
    if (performance.now() >= until) throw claimed.error
    const holder = describeWriter(claimed.by)
    if (!told) session.output.note(`Waiting for ${holder}, which writes to this index. Ctrl-C gives up.`)
    await pause(signal)
  }
}

/** Runs a command that writes: on the index itself, or through the server that has it. Throws INDEX_LOCKED. */
export async function withWriter(command: Command, writing: Writing): Promise<void> {
  const session = await startSession(command)
  const claimed = await claim(session, writing)
  if ('release' in claimed) {
    const { allowStale = false, here } = writing
    return useKindred(session, { allowStale, lock: claimed }, here)
  }
  session.output.note(`A server (pid ${claimed.pid}) has this index; writing through it at ${claimed.url}.`)
  await writing.through(claimed, session)
}

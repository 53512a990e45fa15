import { readdirSync } from 'node:fs'
import type { Command } from 'commander'
import type { Kindred, WriterLock } from '../compose.ts'
import { readConfigFile } from '../config/file.ts'
import { type LoadedConfig, loadConfig } from '../config.ts'
import { fail } from '../domain/errors.ts'
import type { Metrics } from '../domain/metrics.ts'
import { systemCodeOf } from '../domain/system-code.ts'
import { createLogs, type Logs } from '../log.ts'
import { createOutput, type Output } from './output.ts'
import { settingFlags } from './settings.ts'

export interface Session extends LoadedConfig, Logs {
  readonly json: boolean
  readonly output: Output
  /** The command as it was called, e.g. `kindred index rebuild`: what others are told who has the index. */
  readonly name: string
  /** Whether it stays and serves, and so is watched. */
  readonly server: boolean
}

const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name()

interface SessionOptions {
  /** A server logs what it does; other commands only what goes wrong, unless the level was chosen. */
  readonly server?: boolean
}

/** Reads the settings and makes ready what every command needs. Throws CONFIG_INVALID. */
export async function startSession(command: Command, { server = false }: SessionOptions = {}): Promise<Session> {
  const { json = false, config: named } = command.optsWithGlobals<{ json?: boolean; config?: string }>()
  const file = await readConfigFile(named ?? process.env.KINDRED_CONFIG)
  const loaded = loadConfig({ flags: settingFlags(command), env: process.env, file })
  const chosen = server || loaded.origins.logLevel !== 'default'
  const logs = createLogs(chosen ? loaded.config.logLevel : 'warn')
  const output = createOutput(json)
  for (const name of loaded.unknownEnv) {
    const text = `The environment variable ${name} is no setting of Kindred; \`kindred config\` lists them.`
    if (json) logs.log.warn(text)
    else output.note(`warning: ${text}`)
  }
  return { ...loaded, ...logs, json, output, name: nameOf(command), server }
}

/** Throws STORE_UNREADABLE where there is none yet. */
export function requireIndex(dir: string): void {
  let files: string[] = []
  try {
    files = readdirSync(dir)
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') return
  }
  if (files.some((name) => name.endsWith('.db'))) return
  fail('STORE_UNREADABLE', `There is no index in "${dir}" yet: \`kindred ingest <files>\` makes one.`)
}

interface OpenOptions {
  /** Nothing is written; a missing index is an error, not made. */
  readonly readOnly?: boolean
  /** Opened also where the papers were embedded with another model. */
  readonly allowStale?: boolean
  /** Another folder than the settings name, such as a temporary one. */
  readonly indexDir?: string
  /** The lock of the folder, where it was taken already. */
  readonly lock?: WriterLock
  /** Read only, beside the process that writes, for as long as a server. */
  readonly follows?: boolean
  /** Where a server counts; in a registry of its own where none is given. */
  readonly metrics?: Metrics
}

export type Use = (kindred: Kindred, session: Session) => Promise<void>

/** Runs a command on the opened index, and closes it whatever happens. */
export async function withKindred(command: Command, options: OpenOptions, use: Use): Promise<void> {
  await useKindred(await startSession(command), options, use)
}

/** The same in a session that was started already. */
export async function useKindred(session: Session, options: OpenOptions, use: Use): Promise<void> {
  const { log, name } = session
  const { indexDir = session.config.indexDir, ...rest } = options
  if (options.readOnly) requireIndex(indexDir)
  // Imported when it is needed: help and usage errors do not wait for the native libraries.
  const { openKindred } = await import('../compose.ts')
  const metrics = options.metrics ?? (session.server ? (await import('../metrics.ts')).createMetrics() : undefined)
  const config = { ...session.config, indexDir }
  const kindred = await openKindred(config, {
    ...rest,
    log,
    command: name,
    warm: session.server,
    ...(metrics && { metrics }),
  })
  try {
    await use(kindred, session)
  } finally {
    await kindred.close()
  }
}

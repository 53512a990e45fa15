import type { ConfigFile } from './config/file.ts'
import { type Config, SETTINGS, type Setting, type SettingKey, Settings } from './config/settings.ts'
import { fail, type Issue } from './domain/errors.ts'

export type { Config }

type Env = Readonly<Record<string, string | undefined>>

export interface ConfigInput {
  /** What the command line said, by setting; numbers may come as text. */
  readonly flags: { readonly [Key in SettingKey]?: unknown }
  readonly env: Env
  readonly file?: ConfigFile | undefined
}

/** A value that one layer gives. `from` names the place for people: `flag --port`, `env KINDRED_PORT`, … */
interface Given {
  readonly setting: Setting
  readonly value: unknown
  readonly from: string
}

export interface LoadedConfig {
  readonly config: Config
  /** Where each value came from: `default`, `file key port`, `env KINDRED_PORT`, `flag --port`. */
  readonly origins: Readonly<Record<SettingKey, string>>
  /** Variables that start with KINDRED_ and mean nothing: most likely a slip of the pen. */
  readonly unknownEnv: readonly string[]
}

/**
 * Variables of ours that are no settings: the file's name, a choice of the installation, and the counts of the fault
 * tests. KINDRED_FAILPOINT is not among them: whoever has set it shall be told at each start.
 */
const OTHER_ENV = new Set([
  'KINDRED_CONFIG',
  'KINDRED_PORTABLE',
  'KINDRED_FULL',
  'KINDRED_FULL_SHARE',
  'KINDRED_TEST_PYTHON',
])
const SWITCH = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

/** What a text of the command line or the environment can mean; the setting's type chooses. */
function readings(text: unknown): unknown[] {
  if (typeof text !== 'string') return [text]
  const number = /^-?\d+(\.\d+)?$/.test(text.trim()) ? [Number(text)] : []
  const truth = SWITCH.get(text.trim().toLowerCase())
  return [text, ...number, ...(truth === undefined ? [] : [truth])]
}

const meaning = ({ schema }: Setting, text: unknown): unknown =>
  readings(text).find((reading) => schema.safeParse(reading).success) ?? readings(text).at(-1)

function fromFile(file: ConfigFile | undefined, faults: Issue[]): Given[] {
  if (!file) return []
  const { content, name } = file
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    faults.push({ path: `file ${name}`, message: 'must be one JSON object' })
    return []
  }
  const settings = new Map<string, Setting>(SETTINGS.map((setting) => [setting.key, setting]))
  return Object.entries(content).flatMap(([key, value]) => {
    const setting = settings.get(key)
    if (!setting) faults.push({ path: `file key ${key}`, message: 'is no setting' })
    return setting ? [{ setting, value, from: `file key ${key}` }] : []
  })
}

/** An empty variable counts as unset: that is how shells and service files take one back. */
const fromEnv = (env: Env): Given[] =>
  SETTINGS.flatMap((setting) => {
    const text = env[setting.env]
    return text ? [{ setting, value: meaning(setting, text), from: `env ${setting.env}` }] : []
  })

const fromFlags = (flags: ConfigInput['flags']): Given[] =>
  SETTINGS.flatMap((setting) => {
    const text = flags[setting.key]
    return text === undefined ? [] : [{ setting, value: meaning(setting, text), from: `flag ${setting.flag}` }]
  })

function unknownVariables(env: Env): string[] {
  const known = new Set<string>(SETTINGS.map((setting) => setting.env))
  return Object.keys(env)
    .filter((name) => name.startsWith('KINDRED_') && !known.has(name) && !OTHER_ENV.has(name))
    .sort()
}

const listed = (faults: readonly Issue[]): string => faults.map(({ path, message }) => `${path} ${message}`).join('; ')

/**
 * The settings in force: default < file < environment < flag. Every layer is checked, also where a later one overrides
 * it. Throws one CONFIG_INVALID with all faults.
 */
export function loadConfig({ flags, env, file }: ConfigInput): LoadedConfig {
  const faults: Issue[] = []
  const given = [...fromFile(file, faults), ...fromEnv(env), ...fromFlags(flags)]
  for (const { setting, value, from } of given) {
    const issue = setting.schema.safeParse(value).error?.issues[0]
    if (issue) faults.push({ path: from, message: issue.message })
  }
  if (faults.length > 0) fail('CONFIG_INVALID', `The settings are not valid: ${listed(faults)}.`, { issues: faults })
  const values = Object.fromEntries(given.map(({ setting, value }) => [setting.key, value]))
  const origins = Object.fromEntries([
    ...SETTINGS.map(({ key }) => [key, 'default']),
    ...given.map(({ setting, from }) => [setting.key, from]),
  ])
  return { config: Settings.parse(values), origins, unknownEnv: unknownVariables(env) }
}

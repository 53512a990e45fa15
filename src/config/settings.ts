import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { MAX_EF } from '../domain/query.ts'

/** Which commands' help shows the setting: `common` is on each, the others where they matter. */
export type SettingGroup = 'common' | 'model' | 'search' | 'graph' | 'server'

/** What is to be known of a setting besides its type and default. */
export interface SettingMeta {
  readonly flag: `--${string}`
  readonly env: `KINDRED_${string}`
  /** The flag's value in the help; absent for a switch, which takes none. */
  readonly value?: string
  readonly help: string
  readonly group: SettingGroup
  /** The default in words, where it depends on the machine or the model. */
  readonly defaultText?: string
  /** Never printed or logged. */
  readonly secret?: boolean
}

const settingMeta = z.registry<SettingMeta>()

const PACKAGED_MODELS = fileURLToPath(new URL('../../models', import.meta.url))
const OF_THE_MODEL = 'preset of the model'

/** An empty XDG_CACHE_HOME counts as unset, as its specification has it. */
const cacheHome = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kindred')

const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}
const text = z.string({ error: 'must be a text' })
const filled = text.trim().min(1, 'must not be empty')
const choice = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names, { error: `must be one of ${names.join(', ')}` })

/**
 * Every setting of Kindred: its type, default, names and help, declared here and nowhere else. The flags, the
 * configuration file, `kindred config` and the README's table are all made from it.
 */
export const Settings = z.strictObject({
  indexDir: filled.default('index').register(settingMeta, {
    flag: '--index',
    env: 'KINDRED_INDEX',
    value: '<dir>',
    group: 'common',
    help: 'folder of the index; relative to the working directory',
  }),
  host: filled.default('127.0.0.1').register(settingMeta, {
    flag: '--host',
    env: 'KINDRED_HOST',
    value: '<name>',
    group: 'server',
    help: 'address to serve on; loopback only',
  }),
  port: whole(0, 65_535).default(8787).register(settingMeta, {
    flag: '--port',
    env: 'KINDRED_PORT',
    value: '<number>',
    group: 'server',
    help: 'port to serve on; 0 takes a free one',
  }),
  model: filled.default('Xenova/all-MiniLM-L6-v2').register(settingMeta, {
    flag: '--model',
    env: 'KINDRED_MODEL',
    value: '<id>',
    group: 'common',
    help: 'embedding model, an id of the Hub; `hash` is a fast stand-in without any meaning, for trials',
  }),
  revision: filled.optional().register(settingMeta, {
    flag: '--revision',
    env: 'KINDRED_REVISION',
    value: '<name>',
    group: 'model',
    help: 'branch, tag or commit of the model on the Hub',
    defaultText: 'vendored, else main',
  }),
  dtype: choice('fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4').default('q8').register(settingMeta, {
    flag: '--dtype',
    env: 'KINDRED_DTYPE',
    value: '<format>',
    group: 'model',
    help: "number format of the model's weights",
  }),
  pooling: choice('mean', 'cls').optional().register(settingMeta, {
    flag: '--pooling',
    env: 'KINDRED_POOLING',
    value: '<mean|cls>',
    group: 'model',
    help: 'how token vectors become one vector',
    defaultText: OF_THE_MODEL,
  }),
  queryPrefix: text.max(1_000).optional().register(settingMeta, {
    flag: '--query-prefix',
    env: 'KINDRED_QUERY_PREFIX',
    value: '<text>',
    group: 'model',
    help: 'text that the model wants in front of a question',
    defaultText: OF_THE_MODEL,
  }),
  passagePrefix: text.max(1_000).optional().register(settingMeta, {
    flag: '--passage-prefix',
    env: 'KINDRED_PASSAGE_PREFIX',
    value: '<text>',
    group: 'model',
    help: 'text that the model wants in front of a paper',
    defaultText: OF_THE_MODEL,
  }),
  maxTokens: whole(8, 8_192).optional().register(settingMeta, {
    flag: '--max-tokens',
    env: 'KINDRED_MAX_TOKENS',
    value: '<number>',
    group: 'model',
    help: 'longest text that the model reads, in tokens; the rest is cut',
    defaultText: OF_THE_MODEL,
  }),
  modelsDir: filled.default(PACKAGED_MODELS).register(settingMeta, {
    flag: '--models-dir',
    env: 'KINDRED_MODELS_DIR',
    value: '<dir>',
    group: 'model',
    help: 'folder of models that are there already',
    defaultText: "the package's models/",
  }),
  cacheDir: filled.default(cacheHome).register(settingMeta, {
    flag: '--cache-dir',
    env: 'KINDRED_CACHE_DIR',
    value: '<dir>',
    group: 'model',
    help: 'where downloaded models are kept',
    defaultText: '$XDG_CACHE_HOME/kindred, else ~/.cache/kindred',
  }),
  offline: z.boolean({ error: 'must be true or false' }).default(false).register(settingMeta, {
    flag: '--offline',
    env: 'KINDRED_OFFLINE',
    group: 'model',
    help: 'never download a model',
  }),
  workers: whole(1, 256).default(availableParallelism).register(settingMeta, {
    flag: '--workers',
    env: 'KINDRED_EMBED_WORKERS',
    value: '<number>',
    group: 'model',
    help: 'processes that embed, one thread each',
    defaultText: 'one a core',
  }),
  evidence: choice('on', 'off').default('on').register(settingMeta, {
    flag: '--evidence',
    env: 'KINDRED_EVIDENCE',
    value: '<on|off>',
    group: 'model',
    help: 'embed the sentences of abstracts too, for ranking and to show the best one of each hit',
  }),
  ef: whole(1, MAX_EF).default(64).register(settingMeta, {
    flag: '--ef',
    env: 'KINDRED_EF',
    value: '<number>',
    group: 'search',
    help: 'search width of the graph (HNSW ef): wider finds more and takes longer',
  }),
  m: whole(2, 128).default(16).register(settingMeta, {
    flag: '--m',
    env: 'KINDRED_M',
    value: '<number>',
    group: 'graph',
    help: 'links a vector has in the graph (HNSW M); takes effect when the graph is built',
  }),
  efConstruction: whole(8, 2_000).default(200).register(settingMeta, {
    flag: '--ef-construction',
    env: 'KINDRED_EF_CONSTRUCTION',
    value: '<number>',
    group: 'graph',
    help: 'search width while the graph is built (HNSW efConstruction)',
  }),
  logLevel: choice('silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace').default('info').register(settingMeta, {
    flag: '--log-level',
    env: 'KINDRED_LOG_LEVEL',
    value: '<level>',
    group: 'common',
    help: 'what is logged to stderr, as JSON lines',
    defaultText: 'info for serve, else warn',
  }),
})

export type Config = z.output<typeof Settings>
export type SettingKey = keyof Config

export interface Setting extends SettingMeta {
  readonly key: SettingKey
  readonly schema: z.ZodType
}

/** The declaration as a list, in its order. */
export const SETTINGS: readonly Setting[] = Settings.keyof().options.map((key) => {
  const schema: z.ZodType = Settings.shape[key]
  const meta = settingMeta.get(schema)
  if (!meta) throw new TypeError(`the setting ${key} has no metadata`)
  return { ...meta, key, schema }
})

/** The default of a setting in words. */
export const defaultText = ({ defaultText, schema }: Setting): string => defaultText ?? String(schema.parse(undefined))

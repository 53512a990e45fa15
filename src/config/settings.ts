import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { MAX_ANSWER_TOKENS } from '../domain/ask.ts'
import { MAX_EF } from '../domain/query.ts'

/** Which commands' help shows the setting: `common` is on each, the others where they matter. */
export type SettingGroup = 'common' | 'model' | 'search' | 'graph' | 'server' | 'llm'

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
const decimal = (min: number, max: number) => {
  const error = `must be a number from ${min} to ${max}`
  return z.number({ error }).min(min, { error }).max(max, { error })
}
const text = z.string({ error: 'must be a text' })
const filled = text.trim().min(1, 'must not be empty')
const choice = <const Names extends readonly [string, ...string[]]>(...names: Names) =>
  z.enum(names, { error: `must be one of ${names.join(', ')}` })

/** Keys belong into their own setting, which is never shown, and a path is put behind the address. */
const isEndpoint = (text: string): boolean => {
  if (text === '') return true
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username + password + search + hash === ''
}

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
  workers: whole(1, 64).default(1).register(settingMeta, {
    flag: '--workers',
    env: 'KINDRED_WORKERS',
    value: '<number>',
    group: 'server',
    help: 'processes that answer at the one port; one of them also writes, each holds the whole index in memory',
  }),
  maxQueue: whole(1, 10_000).default(32).register(settingMeta, {
    flag: '--max-queue',
    env: 'KINDRED_MAX_QUEUE',
    value: '<number>',
    group: 'server',
    help: 'how many requests may wait for an embedding, to write, or for a language model; more get 503 at once',
  }),
  maxWaitMs: whole(1, 60_000).default(10).register(settingMeta, {
    flag: '--max-wait-ms',
    env: 'KINDRED_MAX_WAIT_MS',
    value: '<ms>',
    group: 'server',
    help: 'how long requests may wait for their turn in an overload that lasts; those behind them get 503 at once',
  }),
  keepBackups: whole(1, 1_000).default(7).register(settingMeta, {
    flag: '--keep-backups',
    env: 'KINDRED_KEEP_BACKUPS',
    value: '<number>',
    group: 'server',
    help: 'how many backups of `POST /v1/admin/backup` stay in the index folder; the oldest go',
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
    flag: '--model-max-tokens',
    env: 'KINDRED_MODEL_MAX_TOKENS',
    value: '<number>',
    group: 'model',
    help: 'longest text that the model reads, in tokens; the rest is cut',
    defaultText: OF_THE_MODEL,
  }),
  rerankModel: text.trim().default('').register(settingMeta, {
    flag: '--rerank-model',
    env: 'KINDRED_RERANK_MODEL',
    value: '<id|dir>',
    group: 'search',
    help: 'cross-encoder that reads the best hits of a hybrid search again, an id of the Hub or a folder (/… or ./…)',
    defaultText: 'none',
  }),
  rerankDepth: whole(1, 100).default(30).register(settingMeta, {
    flag: '--rerank-depth',
    env: 'KINDRED_RERANK_DEPTH',
    value: '<number>',
    group: 'search',
    help: 'how many of the best hits the cross-encoder reads',
  }),
  rerankBudgetMs: whole(0, 600_000).default(1_500).register(settingMeta, {
    flag: '--rerank-budget-ms',
    env: 'KINDRED_RERANK_BUDGET_MS',
    value: '<ms>',
    group: 'search',
    help: 'how long that may take; without an answer by then the order stays, and `degraded` says rerank',
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
  embedWorkers: whole(1, 256).default(availableParallelism).register(settingMeta, {
    flag: '--embed-workers',
    env: 'KINDRED_EMBED_WORKERS',
    value: '<number>',
    group: 'model',
    help: 'processes that embed, and as many that rerank, one thread each; with --workers, those of the one that writes',
    defaultText: 'one a core',
  }),
  encoder: choice('auto', 'onnxruntime').default('auto').register(settingMeta, {
    flag: '--encoder',
    env: 'KINDRED_ENCODER',
    value: '<auto|onnxruntime>',
    group: 'model',
    help: 'what runs the embedding model; `auto` takes our own kernels where model and processor fit them, with the same vectors to the last bit',
  }),
  embedTimeoutSeconds: whole(1, 3_600).default(60).register(settingMeta, {
    flag: '--embed-timeout',
    env: 'KINDRED_EMBED_TIMEOUT',
    value: '<seconds>',
    group: 'model',
    help: 'a process that embeds one text for longer hangs: it is ended, and after the third time the text is refused',
  }),
  evidence: choice('on', 'off').default('on').register(settingMeta, {
    flag: '--evidence',
    env: 'KINDRED_EVIDENCE',
    value: '<on|off>',
    group: 'model',
    help: 'embed the sentences of abstracts too, for ranking and to show the best one of each hit',
  }),
  ef: z
    .union([z.literal('auto'), whole(1, MAX_EF)], { error: `must be auto or a whole number from 1 to ${MAX_EF}` })
    .default('auto')
    .register(settingMeta, {
      flag: '--ef',
      env: 'KINDRED_EF',
      value: '<auto|number>',
      group: 'search',
      help: 'search width of the graph (HNSW ef): wider finds more and takes longer; `auto` holds the recall target with the least work',
    }),
  recallTarget: decimal(0.5, 0.999).default(0.99).register(settingMeta, {
    flag: '--recall-target',
    env: 'KINDRED_RECALL_TARGET',
    value: '<share>',
    group: 'search',
    help: 'share of the exact ten nearest that searches shall find, 0.5 to 0.999; below it `degraded` says recall-low',
  }),
  paperCacheMb: whole(0, 65_536).default(128).register(settingMeta, {
    flag: '--paper-cache',
    env: 'KINDRED_PAPER_CACHE',
    value: '<MiB>',
    group: 'search',
    help: 'memory for the papers that were shown last, and half as much for their texts; 0 reads each from the database',
  }),
  answerCacheMb: whole(0, 65_536).default(32).register(settingMeta, {
    flag: '--answer-cache',
    env: 'KINDRED_ANSWER_CACHE',
    value: '<MiB>',
    group: 'server',
    help: 'memory for whole answers, for requests that are repeated before anything is written; 0 keeps none',
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
  llmBaseUrl: text
    .trim()
    .refine(isEndpoint, 'must be an http(s) address without credentials and parameters')
    .default('')
    .register(settingMeta, {
      flag: '--llm-base-url',
      env: 'KINDRED_LLM_BASE_URL',
      value: '<url>',
      group: 'llm',
      help: 'OpenAI-compatible endpoint that writes the answers of `ask`, e.g. http://127.0.0.1:11434/v1',
      defaultText: 'none: answers are made of sentences of the papers',
    }),
  llmModel: text.trim().default('').register(settingMeta, {
    flag: '--llm-model',
    env: 'KINDRED_LLM_MODEL',
    value: '<name>',
    group: 'llm',
    help: 'name of the language model at that endpoint',
    defaultText: 'none',
  }),
  llmApiKey: filled.optional().register(settingMeta, {
    flag: '--llm-api-key',
    env: 'KINDRED_LLM_API_KEY',
    value: '<key>',
    group: 'llm',
    help: 'key of that endpoint; give it by the environment, since other users of a machine see command lines',
    defaultText: 'none',
    secret: true,
  }),
  llmTimeoutMs: whole(100, 290_000).default(60_000).register(settingMeta, {
    flag: '--llm-timeout-ms',
    env: 'KINDRED_LLM_TIMEOUT_MS',
    value: '<ms>',
    group: 'llm',
    help: 'how long the language model may be silent; the whole answer may take ten times that',
  }),
  llmMaxTokens: whole(16, MAX_ANSWER_TOKENS).default(800).register(settingMeta, {
    flag: '--llm-max-tokens',
    env: 'KINDRED_LLM_MAX_TOKENS',
    value: '<number>',
    group: 'llm',
    help: 'longest answer of the language model, in tokens',
  }),
  llmTemperature: decimal(0, 2).default(0).register(settingMeta, {
    flag: '--llm-temperature',
    env: 'KINDRED_LLM_TEMPERATURE',
    value: '<number>',
    group: 'llm',
    help: 'how freely the language model chooses its words, 0 to 2',
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

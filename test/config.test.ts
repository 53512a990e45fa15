import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { configTable, describeConfig } from '../src/config/describe.ts'
import { readConfigFile } from '../src/config/file.ts'
import { SETTINGS } from '../src/config/settings.ts'
import { type ConfigInput, loadConfig } from '../src/config.ts'
import { KindredError } from '../src/domain/errors.ts'

const load = (input: Partial<ConfigInput>) => loadConfig({ flags: {}, env: {}, ...input })
const file = (content: unknown) => ({ name: 'kindred.config.json', content })

function faultsOf(input: Partial<ConfigInput>): KindredError {
  try {
    load(input)
  } catch (error) {
    if (error instanceof KindredError) return error
  }
  throw new Error('nothing was refused')
}

describe('the layers of the settings', () => {
  it('lets the file beat the default, the environment the file, and a flag them all', () => {
    const layers = { file: file({ port: 1, ef: 10, host: 'localhost' }), env: { KINDRED_PORT: '2', KINDRED_EF: '20' } }
    const { config, origins } = load({ ...layers, flags: { port: '3' } })
    expect(config).toMatchObject({ port: 3, ef: 20, host: 'localhost', indexDir: 'index' })
    expect(origins).toMatchObject({
      port: 'flag --port',
      ef: 'env KINDRED_EF',
      host: 'file key host',
      indexDir: 'default',
    })
  })

  it('gives every setting that has one its default, and leaves the rest to the model', () => {
    const { config } = load({})
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8787, dtype: 'q8', ef: 'auto', m: 16, efConstruction: 200 })
    expect(config).toMatchObject({ model: 'Xenova/all-MiniLM-L6-v2', offline: false, logLevel: 'info' })
    expect(config.embedWorkers).toBeGreaterThan(0)
    expect([config.revision, config.pooling, config.queryPrefix, config.maxTokens]).toEqual(Array(4).fill(undefined))
  })

  it('takes an empty variable as unset, and an empty prefix of a flag as one', () => {
    const { config, origins } = load({ env: { KINDRED_PORT: '', KINDRED_INDEX: '' }, flags: { queryPrefix: '' } })
    expect(config).toMatchObject({ port: 8787, indexDir: 'index', queryPrefix: '' })
    expect(origins.port).toBe('default')
  })

  it.each([
    ['1', true],
    ['yes', true],
    ['TRUE', true],
    ['0', false],
    ['no', false],
  ])('reads the switch KINDRED_OFFLINE=%s as %s', (text, value) => {
    expect(load({ env: { KINDRED_OFFLINE: text } }).config.offline).toBe(value)
  })

  it('keeps a text a text, also where it looks like a number', () => {
    expect(load({ env: { KINDRED_REVISION: '12', KINDRED_MODEL: '1' } }).config).toMatchObject({
      revision: '12',
      model: '1',
    })
  })
})

describe('faults of the settings', () => {
  it('are reported all at once, each with where it came from', () => {
    const error = faultsOf({
      flags: { port: '99999' },
      env: { KINDRED_PORT: 'abc', KINDRED_OFFLINE: 'perhaps' },
      file: file({ port: '8787', prot: 1, dtype: 'q9' }),
    })
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.issues.map(({ path }) => path)).toEqual([
      'file key prot',
      'file key port',
      'file key dtype',
      'env KINDRED_PORT',
      'env KINDRED_OFFLINE',
      'flag --port',
    ])
    for (const { path, message } of error.issues) expect(error.message).toContain(`${path} ${message}`)
  })

  it('are found in a layer that a later one overrides', () => {
    expect(faultsOf({ env: { KINDRED_PORT: '-1' }, flags: { port: '1' } }).issues).toHaveLength(1)
  })

  it.each([[[]], ['text'], [null], [7]])('refuse a file that holds %j instead of an object', (content) => {
    expect(faultsOf({ file: file(content) }).issues).toEqual([
      { path: 'file kindred.config.json', message: 'must be one JSON object' },
    ])
  })

  it.each(['embedWorkers', 'ef', 'm', 'efConstruction', 'maxTokens', 'port'] as const)(
    'refuse a broken number for %s',
    (key) => {
      for (const value of ['1.5', '-1', 'NaN', '1e3', '999999999'])
        expect(faultsOf({ flags: { [key]: value } }).issues).toHaveLength(1)
    },
  )

  it('do not include unknown variables, which are told apart as warnings', () => {
    const ours = { KINDRED_PORTABLE: '1', KINDRED_CONFIG: 'x.json', KINDRED_FULL: '1', KINDRED_FULL_SHARE: '0.1' }
    const env = { ...ours, KINDRED_MODLE: 'x', KINDRED_FAILPOINT: 'write-after-commit', HOME: '/' }
    expect(load({ env }).unknownEnv).toEqual(['KINDRED_FAILPOINT', 'KINDRED_MODLE'])
  })
})

describe('the configuration file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-config-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  const written = (text: string): string => {
    const path = join(dir, 'settings.json')
    writeFileSync(path, text)
    return path
  }

  it('is read by its name, with or without a byte order mark', async () => {
    await expect(readConfigFile(written('\uFEFF{"port": 1}'))).resolves.toEqual({
      name: 'settings.json',
      content: { port: 1 },
    })
  })

  it('may be missing, unless it was named', async () => {
    await expect(readConfigFile()).resolves.toBeUndefined()
    await expect(readConfigFile(join(dir, 'none.json'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('must be JSON, and its folder is not told', async () => {
    const reading = readConfigFile(written('{port: 1}'))
    await expect(reading).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(reading).rejects.not.toThrow(dir)
  })
})

describe('the declaration', () => {
  it('names every setting by a flag and a variable of its own', () => {
    expect(new Set(SETTINGS.map(({ flag }) => flag)).size).toBe(SETTINGS.length)
    expect(new Set(SETTINGS.map(({ env }) => env)).size).toBe(SETTINGS.length)
  })

  it('makes one row of the table for each setting, without anything of this machine', () => {
    const rows = configTable().trimEnd().split('\n').slice(2)
    expect(rows.map((row) => row.split(' | ')[0])).toEqual(SETTINGS.map(({ key }) => `| \`${key}\``))
    expect(rows[0]).toBe(
      '| `indexDir` | `--index <dir>` | `KINDRED_INDEX` | index | folder of the index; relative to the working directory |',
    )
    expect(configTable()).not.toContain(process.cwd())
  })

  it('shows each setting in force with its origin', () => {
    const { config, origins } = load({ env: { KINDRED_PORT: '1' } })
    const rows = describeConfig(config, origins)
    expect(rows).toContainEqual({ key: 'port', value: 1, origin: 'env KINDRED_PORT' })
    expect(rows).toContainEqual({ key: 'revision', value: null, origin: 'default' })
  })
})

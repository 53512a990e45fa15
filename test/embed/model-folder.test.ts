import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { placeOf, readModelConfig } from '../../src/embed/model-folder.ts'

let root: string
let dirs: { modelsDir: string; cacheDir: string }

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kindred-folder-'))
  dirs = { modelsDir: join(root, 'models'), cacheDir: join(root, 'cache') }
  mkdirSync(join(dirs.modelsDir, 'me', 'mine'), { recursive: true })
})

afterEach(() => rmSync(root, { recursive: true }))

describe('placeOf', () => {
  it('finds a model in the models folder before it looks to the Hub', () => {
    expect(placeOf({ ...dirs, model: 'me/mine' })).toEqual({
      folder: join(dirs.modelsDir, 'me', 'mine'),
      revision: 'vendored',
    })
    expect(placeOf({ ...dirs, model: 'me/other' })).toEqual({
      folder: join(dirs.cacheDir, 'me', 'other'),
      revision: 'main',
    })
  })

  it('keeps other revisions apart', () => {
    const { folder, revision } = placeOf({ ...dirs, model: 'me/mine', revision: 'abc123' })
    expect([folder, revision]).toEqual([join(dirs.cacheDir, 'me', 'mine', 'abc123'), 'abc123'])
  })

  it.each(['../x', 'a/../b', '/etc', 'a//b', '', 'a b', '.hidden'])('refuses %j as a name', (name) => {
    const refused = expect.objectContaining({ code: 'CONFIG_INVALID' })
    expect(() => placeOf({ ...dirs, model: name })).toThrow(refused)
    expect(() => placeOf({ ...dirs, model: 'a', revision: name })).toThrow(refused)
  })
})

describe('readModelConfig', () => {
  const read = (config: string): Promise<unknown> => {
    writeFileSync(join(root, 'config.json'), config)
    return readModelConfig(root)
  }

  it('reads the dimension under both names that models give it', async () => {
    expect(await read('{"hidden_size":384,"max_position_embeddings":512}')).toEqual({ dimension: 384, positions: 512 })
    expect(await read('{"dim":768}')).toMatchObject({ dimension: 768 })
  })

  it.each(['{}', '{', '[]', '{"hidden_size":-1}'])('refuses %s', async (config) => {
    await expect(read(config)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
  })
})

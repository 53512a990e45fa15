import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Manifest, sealManifest } from '../../src/ann/manifest.ts'
import { addVectors } from '../support/changes.ts'
import { GRAPH, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const vectors = clusteredVectors(createRandom(404), { count: 120, dimension: GRAPH.dimension, clusters: 5 })

describe('a snapshot whose checksums are right and whose meaning is not', () => {
  it.each([
    ['dimension', { dimension: 32 }, /another dimension/],
    ['metric', { metric: 'l2' }, /metric/],
    ['fingerprint', { fingerprint: 'another-model@1' }, /another model/],
    ['number of vectors', { count: 119 }, /\(count\)/],
    ['generation of the future', { generation: 1_000_000 }, /newer than the database/],
    ['database', { databaseId: 'f'.repeat(32) }, /another database/],
    ['M', { m: 8 }, /other graph settings/],
    ['efConstruction', { efConstruction: 10 }, /other graph settings/],
    ['format', { format: 2 }, /format/],
    ['unknown field', { compressed: true }, /manifest/],
  ])('is refused by its name and built anew: %s', async (_, wrong, reason) => {
    const dir = tempDir()
    const store = openStore(dir)
    const keys = await addVectors(store, vectors)
    await (await openIndex(store, dir)).close()
    const file = join(dir, 'manifest.json')
    const { seal: _seal, ...content } = Manifest.parse(JSON.parse(readFileSync(file, 'utf8')))
    writeFileSync(file, JSON.stringify(sealManifest(Object.assign(content, wrong))))
    const index = await openIndex(store, dir)
    expect(index.rebuilds).toEqual([expect.stringMatching(reason)])
    for (const [at, vector] of vectors.entries()) {
      expect((await index.search({ vector, limit: 1 })).neighbours[0]?.key).toBe(keys[at])
    }
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 120, recallAt10: 1 })
    await index.close()
    expect((await openIndex(store, dir)).rebuilds).toEqual([])
  })
})

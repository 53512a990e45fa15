import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { List } from '../../src/domain/query.ts'
import { runServer } from '../support/running-server.ts'
import { post } from './open-app.ts'

/** A Python that has the package, e.g. that of a virtual environment. */
const PYTHON = process.env.KINDRED_TEST_PYTHON ?? 'python3'
const SCRIPT = fileURLToPath(new URL('../fixtures/semantic_scholar_client.py', import.meta.url))
const isMissing = spawnSync(PYTHON, ['-c', 'import semanticscholar'], { timeout: 20_000 }).status !== 0

it.skipIf(isMissing)(
  "is Semantic Scholar to that service's Python client (needs the semanticscholar package; KINDRED_TEST_PYTHON names a Python that has it)",
  async () => {
    const app = await runServer()
    try {
      const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, app.url], { timeout: 25_000 })
      const idsOf = ({ data }: List) => data.map(({ id }) => id)
      const seeds = { positive: ['tide-clocks'], negative: ['bread-crust'], limit: 2 }
      expect(JSON.parse(stdout)).toEqual({
        paper: [
          'storm-surge',
          'Storm Surge Forecasting from Harbour Gauges',
          2022,
          { DOI: '10.5555/surge/17' },
          ['Per Lunde'],
        ],
        date: '2022-10-02T00:00:00',
        citations: null,
        batch: ['tide-clocks', 'sourdough'],
        total: 7,
        found: idsOf(await app.json<List>('/v1/search?q=water+level')),
        year: idsOf(await app.json<List>('/v1/search?q=ice&year=2020')),
        match: 'sea-ice/2020',
        recommended: idsOf(await app.json<List>('/v1/papers/tide-clocks/similar?limit=3')),
        fromLists: idsOf(await app.json<List>('/v1/recommend', post(seeds))),
        unknownPaper: expect.stringContaining('9999.99999'),
        unknownField: 'Unrecognized or unsupported fields: [colour]',
      })
    } finally {
      await app.close()
    }
  },
)

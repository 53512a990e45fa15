import { expect, it, onTestFinished } from 'vitest'
import { openTransformersEmbedder } from '../../src/embed/transformers.ts'
import { settings } from '../embed/model-fixtures.ts'
import { createRandom } from '../support/random.ts'
import { FULL, measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { growth, residentMib } from './support/memory.ts'
import { draft } from './support/papers.ts'

const TEXTS = times(100, 20_000)
const SAMPLES = 20
/** Sentences a text, so that the inputs of the model have every length. */
const LONGEST = 12
const MOST_GROWTH = 1.3

it.runIf(FULL && process.platform === 'linux')(
  `the workers of the model hold their memory over ${TEXTS} texts of every length`,
  async () => {
    const random = createRandom(1_515)
    const embedder = await openTransformersEmbedder(settings())
    onTestFinished(() => embedder.close())
    const resident: number[] = []
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const texts = Array.from({ length: TEXTS / SAMPLES }, (_, at) =>
        Array.from({ length: 1 + Math.floor(random() * LONGEST) }, () => draft(random, `t${at}`).abstract).join(' '),
      )
      expect(await embedder.embed(texts, 'passage')).toHaveLength(texts.length)
      resident.push(embedder.pids.map(residentMib).reduce((sum, mib) => sum + mib, 0))
    }
    measured('B27 memory of the model', {
      texts: TEXTS,
      workers: embedder.pids.length,
      residentMib: resident,
      growth: growth(resident),
    })
    expect(growth(resident)).toBeLessThanOrEqual(MOST_GROWTH)
  },
  TEST_TIMEOUT_MS,
)

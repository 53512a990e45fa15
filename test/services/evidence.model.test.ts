import { describe, expect, it, onTestFinished } from 'vitest'
import { openKindred } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { similarToText } from '../../src/services/similar-text.ts'
import { add } from '../support/library.ts'
import { tempDir } from '../support/temp-dir.ts'

const ABSTRACT = [
  'Beekeepers lose many colonies during cold winters.',
  'We place small microphones inside 40 hives and record the hum of the bees for two years.',
  'A convolutional network hears from the recordings alone whether a colony will swarm within the next three days.',
  'The sensors cost less than nine euros each and run from a coin cell.',
].join(' ')

describe('evidence with the real model', () => {
  it('is the sentence that a reader would quote', async () => {
    const { config } = loadConfig({ flags: { indexDir: tempDir(), offline: true, embedWorkers: 1 }, env: {} })
    const { deps, close } = await openKindred(config)
    onTestFinished(close)
    await add(deps, [{ title: 'Listening to Hives', abstract: ABSTRACT }])
    await fillSentences(deps)
    const page = { limit: 1, offset: 0, exact: false, explain: false }
    const quote = async (text: string) => (await similarToText(deps, { text, ...page })).data[0]?.evidence?.text
    expect(await quote('price and power supply of the hardware')).toMatch(/^The sensors cost/)
    expect(await quote('predicting swarms with deep learning')).toMatch(/^A convolutional network/)
    expect(await quote('bee mortality in frost')).toMatch(/^Beekeepers lose/)
  })
})

// One of several processes that open the same folder at the same moment. Each round: open (again, while another one has
// it), be alone, write one paper, close; then say how often another one was there.
import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { openKindred } from '../../../dist/compose.js'
import { Settings } from '../../../dist/config/settings.js'
import { ingest } from '../../../dist/services/ingest.js'

async function open(dir, refusals) {
  const config = Settings.parse({ indexDir: dir, model: 'hash' })
  for (;;) {
    try {
      return await openKindred(config, { command: 'racer' })
    } catch (error) {
      refusals.push({ code: error.code ?? String(error), text: error.message })
      if (error.code !== 'INDEX_LOCKED') throw error
    }
  }
}

async function* onePaper() {
  yield { source: 'race', line: 1, record: { id: `racer-${process.pid}`, title: `Racer number ${process.pid}` } }
}

async function race(dir) {
  const refusals = []
  const kindred = await open(dir, refusals)
  // Fails where another one is in here too.
  mkdirSync(join(dir, 'alone'))
  const { added } = await ingest(kindred.deps, onePaper(), { run: 'race' })
  rmdirSync(join(dir, 'alone'))
  await kindred.close()
  return { added, refusals }
}

process.on('message', (dir) => {
  race(dir).then(
    (outcome) => process.send(outcome),
    (error) => process.send({ error: String(error.stack) }),
  )
})
process.send('here')

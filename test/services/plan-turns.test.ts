import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { parseRecord } from '../../src/services/parse-record.ts'
import { prepareBatch } from '../../src/services/prepare-batch.ts'
import { openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'

it('planning a batch lets requests have their turn after each record', async () => {
  const library = await openLibrary()
  const batch = someRecords(16).map((record, at) => {
    const parsed = parseRecord(record, library.embedder)
    if ('error' in parsed) throw parsed.error
    return { ...parsed, source: 'a', line: at + 1 }
  })
  let [turns, isReady] = [0, false]
  const ready = prepareBatch(library, batch, { embedded: new Map() }).finally(() => {
    isReady = true
  })
  while (!isReady) {
    await nextTurn()
    turns += 1
  }
  expect((await ready).changes).toHaveLength(16)
  expect(turns).toBeGreaterThanOrEqual(2 * 16)
})

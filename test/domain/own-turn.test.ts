import { expect, it, vi } from 'vitest'
import { ownTurn } from '../../src/domain/own-turn.ts'

/** Counts turns of the event loop until it is stopped. */
function countTurns() {
  const counted = { turn: 0, stop: () => clearImmediate(next) }
  const count = () => {
    counted.turn += 1
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  return counted
}

it('pieces of work that wait for turns do one step in each turn together, one after the other', async () => {
  const turns = countTurns()
  const steps: { readonly name: string; readonly turn: number }[] = []
  const work = async (name: string) => {
    for (let step = 0; step < 4; step += 1) {
      await ownTurn()
      steps.push({ name, turn: turns.turn })
    }
  }
  await Promise.all(['a', 'b', 'c'].map(work))
  turns.stop()
  expect(new Set(steps.map(({ turn }) => turn)).size).toBe(12)
  expect(steps.map(({ name }) => name).join('')).toBe('abcabcabcabc')
})

it('a step that throws holds up nobody who waits', async () => {
  const thrown = vi.fn()
  const first = ownTurn().then(() => {
    throw new Error('of this step')
  })
  const second = ownTurn()
  await first.catch(thrown)
  await second
  expect(thrown).toHaveBeenCalledOnce()
})

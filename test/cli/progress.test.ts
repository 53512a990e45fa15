import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createPaceMeter, describePace } from '../../src/cli/pace.ts'
import { createProgress } from '../../src/cli/progress.ts'

/** A clock that the test turns. */
function createClock() {
  let time = 0
  const pass = (ms: number): void => {
    time += ms
  }
  return { now: () => time, pass }
}

function createScreen(isTTY: boolean) {
  const written: string[] = []
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk))
      done()
    },
  })
  return { written, stream: Object.assign(stream, { isTTY, columns: 120 }) }
}

describe('the pace', () => {
  it('is papers per second, and tells the time left from the bytes read', () => {
    const clock = createClock()
    const measure = createPaceMeter(clock.now)
    clock.pass(2_000)
    expect(measure(64, 0.25)).toEqual({ papers: 64, fraction: 0.25, perSecond: 32, secondsLeft: 6 })
  })

  it('forgets the stretch of papers that were there already', () => {
    const clock = createClock()
    const measure = createPaceMeter(clock.now)
    clock.pass(1_000)
    measure(100_000, 0.5)
    for (let batch = 1; batch <= 20; batch += 1) {
      clock.pass(2_000)
      measure(100_000 + 64 * batch, 0.5 + 0.001 * batch)
    }
    const { perSecond, secondsLeft } = measure(100_000 + 64 * 20, 0.52)
    expect(perSecond).toBeCloseTo(32)
    expect(secondsLeft).toBeCloseTo(960, 0)
  })

  it('knows no time left where the size is not known, and no rate before time has passed', () => {
    const clock = createClock()
    const measure = createPaceMeter(clock.now)
    expect(measure(64, null)).toEqual({ papers: 64, fraction: null, perSecond: null, secondsLeft: null })
    clock.pass(1_000)
    expect(measure(128, null)).toMatchObject({ perSecond: 128, secondsLeft: null })
  })

  it.each([
    [null, '1,024 papers · 35.2 papers/s'],
    [8.4, '1,024 papers · 35.2 papers/s · about 8 s left'],
    [600, '1,024 papers · 35.2 papers/s · about 10 min left'],
    [9_000, '1,024 papers · 35.2 papers/s · about 2.5 h left'],
  ])('is put into words with %s seconds left', (secondsLeft, words) => {
    expect(describePace({ papers: 1024, fraction: null, perSecond: 35.2, secondsLeft })).toBe(words)
  })
})

describe('progress', () => {
  it('is a plain line every few seconds where there is no terminal, the first one at once', () => {
    const clock = createClock()
    const { written, stream } = createScreen(false)
    const progress = createProgress({ stream, silent: false, now: clock.now })
    for (let batch = 1; batch <= 10; batch += 1) {
      clock.pass(1_000)
      progress.bytes(batch * 100, 1_000)
      progress.papers(batch * 64)
    }
    progress.stop()
    expect(written).toEqual([
      '64 papers · 64.0 papers/s · about 9 s left (10 %)\n',
      '256 papers · 64.0 papers/s · about 6 s left (40 %)\n',
      '448 papers · 64.0 papers/s · about 3 s left (70 %)\n',
      '640 papers · 64.0 papers/s · about 0 s left (100 %)\n',
    ])
  })

  it('counts against a total of papers where there is one', () => {
    const clock = createClock()
    const { written, stream } = createScreen(false)
    const progress = createProgress({ stream, silent: false, now: clock.now })
    clock.pass(1_000)
    progress.papers(64, 128)
    expect(written).toEqual(['64 papers · 64.0 papers/s · about 1 s left (50 %)\n'])
  })

  it('leaves nothing of a silent run', () => {
    const { written, stream } = createScreen(true)
    const progress = createProgress({ stream, silent: true })
    progress.papers(64)
    progress.stop()
    expect(written).toEqual([])
  })
})

import { expect, it, onTestFinished, vi } from 'vitest'
import { Pace } from '../../src/ann/pace.ts'

it('rests from an hour of work, and ends at once when it is told to', async () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => clock.mockRestore())
  const stop = new AbortController()
  const pace = new Pace(0.01, stop.signal)
  now = 3_600_000
  const resting = pace.rest()
  stop.abort()
  await expect(resting).rejects.toMatchObject({ name: 'AbortError' })
  now = 7_200_000
  await expect(pace.turn()).rejects.toMatchObject({ name: 'AbortError' })
})

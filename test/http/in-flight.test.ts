import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { InFlight } from '../../src/http/in-flight.ts'

interface Handled {
  readonly response: ServerResponse
  readonly end: () => void
}

function follow(inFlight: InFlight, left: ServerResponse[]): Handled {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  let end = (): void => undefined
  const handled = new Promise<void>((resolve) => {
    end = resolve
  })
  inFlight.follow(response, handled, () => void left.push(response))
  return { response, end }
}

it('knows the requests whose handlers run, in whatever order they end', async () => {
  const [inFlight, left] = [new InFlight(), [] as ServerResponse[]]
  const all = Array.from({ length: 6 }, () => follow(inFlight, left))
  const ended: ServerResponse[] = []
  for (const at of [2, 5, 0, 4, 1, 3]) {
    const one = all[at] as Handled
    one.end()
    ended.push(one.response)
    await new Promise((resolve) => setImmediate(resolve))
    expect(left).toEqual(ended)
    const running = all.map(({ response }) => response).filter((response) => !ended.includes(response))
    expect(new Set(inFlight.responses)).toEqual(new Set(running))
    expect(inFlight.responses).toHaveLength(running.length)
  }
})

it('waits for all that run, also for those that fail', async () => {
  const inFlight = new InFlight()
  const one = follow(inFlight, [])
  const failed = new ServerResponse(new IncomingMessage(new Socket()))
  let left = false
  const failing = Promise.reject(new Error('the handler failed'))
  inFlight.follow(failed, failing, () => {
    left = true
  })
  let isOver = false
  const over = inFlight.ended().then(() => {
    isOver = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect([left, isOver]).toEqual([true, false])
  one.end()
  await over
  expect(inFlight.responses).toEqual([])
})

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { HeldWrites } from '../../src/http/held-writes.ts'

async function openPair(): Promise<{ server: Socket; client: Socket }> {
  const listening = createServer().listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const client = connect((listening.address() as AddressInfo).port, '127.0.0.1')
  const [server] = (await once(listening, 'connection')) as [Socket]
  onTestFinished(() => {
    client.destroy()
    server.destroy()
    listening.close()
  })
  return { server, client }
}

it('answers of one turn wait for its end, in their order, and none waits for another turn', async () => {
  const writes = new HeldWrites()
  const [one, other] = [await openPair(), await openPair()]
  for (const [socket, text] of [
    [one.server, 'first '],
    [other.server, 'beside'],
    [one.server, 'second'],
  ] as const) {
    writes.hold(socket)
    socket.write(text)
    writes.written()
  }
  expect([one.server.writableLength, other.server.writableLength]).toEqual([12, 6])
  await nextTurn()
  expect([one.server.writableLength, other.server.writableLength]).toEqual([0, 0])
  expect(String((await once(one.client, 'data'))[0])).toBe('first second')
  writes.hold(other.server)
  other.server.end('end')
  await nextTurn()
  expect(String(await other.client.setEncoding('utf8').toArray())).toContain('end')
})

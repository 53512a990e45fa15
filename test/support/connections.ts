import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** A server that answers everything, with so many open connections, both of their ends in order; closed when the test ends. */
export async function withConnections(count: number) {
  const accepted: Socket[] = []
  const server = createServer((_, response) => response.end('answered'))
  server.on('connection', (socket) => accepted.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clients = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  onTestFinished(() => {
    for (const client of clients) client.destroy()
    server.close()
  })
  while (accepted.length < count) await nextTurn()
  return { accepted, clients }
}

export const areRead = (sockets: readonly Socket[]): boolean[] => sockets.map((socket) => !socket.isPaused())

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startServer } from '../../src/http/server.ts'
import type { PlaceOfPapers } from '../../src/retrievers/retrieve.ts'
import { openApp } from '../http/open-app.ts'

interface Places {
  readonly opened: PlaceOfPapers
  readonly served: PlaceOfPapers & { readonly url: string }
  close(): Promise<void>
}

/** One library as it is opened, and as a server shows it. */
export async function openPlaces(): Promise<Places> {
  const app = await openApp()
  const server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
  const close = async () => {
    await server.close()
    await app.close()
  }
  return { opened: { kindred: app.kindred }, served: { url: server.url }, close }
}

interface Listening {
  readonly url: string
  close(): Promise<void>
}

/** Some other server. */
export async function listen(answer: RequestListener): Promise<Listening> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

import { startServer } from '../../src/http/server.ts'
import { openApp } from '../http/open-app.ts'

/** The app of openApp on a real port, for clients that bring their own transport. */
export async function runServer() {
  const app = await openApp()
  const server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
  const close = async () => {
    await server.close()
    await app.close()
  }
  return { ...app, url: server.url, close }
}

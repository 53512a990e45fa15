import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { McpContext } from './context.ts'
import { createMcpServer } from './server.ts'

interface Pipes {
  readonly input: Readable
  /** Where the protocol goes, and nothing else. */
  readonly output: Writable
  /** Ends the service. */
  readonly signal: AbortSignal
}

/** Serves one client until it closes its pipe, or until the signal; requests under way are given up then. */
export async function serveMcpStdio(context: McpContext, { input, output, signal }: Pipes): Promise<void> {
  const transport = new StdioServerTransport(input, output)
  const service = serveStdio(() => createMcpServer(context), { transport, maxSubscriptions: 0 })
  await new Promise<void>((resolve) => {
    const { onclose } = transport
    transport.onclose = () => {
      onclose?.()
      resolve()
    }
    const stop = () => void service.close()
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

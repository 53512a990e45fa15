import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { Client } from '@modelcontextprotocol/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startServer } from '../../src/http/server.ts'
import type { McpContext } from '../../src/mcp/context.ts'
import { serveMcpStdio } from '../../src/mcp/stdio.ts'
import type { Deps } from '../../src/services/deps.ts'
import { openApp } from '../http/open-app.ts'
import { openLibrary } from '../support/library.ts'
import { connectHttp, REVISIONS } from './connect.ts'
import { ENVELOPE, INITIALIZE } from './envelope.ts'

/** A model that answers when it is told to stop, and not before. */
function endlessModel<D extends Deps>(deps: D) {
  const waiting: AbortSignal[] = []
  const bell = new EventTarget()
  const ring = (name: string) => bell.dispatchEvent(new Event(name))
  const embed: Deps['embedder']['embed'] = (_texts, _kind, signal) =>
    new Promise((_resolve, reject) => {
      if (!signal) return
      waiting.push(signal)
      signal.addEventListener('abort', () => {
        reject(new Error('stopped'))
        ring('stopped')
      })
      ring('started')
    })
  return { deps: { ...deps, embedder: { ...deps.embedder, embed } }, bell, waiting }
}

const call = (client: Client, signal: AbortSignal) =>
  client.callTool({ name: 'search', arguments: { query: 'tides' } }, { signal })

describe.each(Object.entries(REVISIONS))('a call that is cancelled (%s)', (_revision, mode) => {
  it('over HTTP gives up its place in the queue of the model, and is no fault', async () => {
    const app = await openApp()
    onTestFinished(() => app.close())
    const { deps, bell, waiting } = endlessModel(app.context.deps)
    const server = await startServer({ ...app.context, deps }, { host: '127.0.0.1', port: 0 })
    onTestFinished(() => server.close())
    const client = await connectHttp(server.url, mode)
    onTestFinished(() => client.close())
    const stop = new AbortController()
    const [started, stopped] = [once(bell, 'started'), once(bell, 'stopped')]
    const answer = call(client, stop.signal).catch((error: unknown) => error)
    await started
    stop.abort()
    expect(await answer).toBeInstanceOf(Error)
    // Before the current revision, a server without sessions cannot tell which request a notification means.
    if (mode === 'legacy') await client.close()
    await stopped
    expect(waiting.map(({ aborted }) => aborted)).toEqual([true])
    expect(app.logged.filter(({ msg }) => msg === 'request failed')).toEqual([])
  })
})

interface Line {
  readonly send: (message: unknown) => void
  readonly answers: AsyncIterator<string>
  readonly end: () => void
  readonly ended: Promise<void>
}

/** Two pipes into a service, as a client holds them. */
function connect(context: McpContext, signal = new AbortController().signal): Line {
  const [input, output] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })]
  const ended = serveMcpStdio(context, { input, output, signal })
  return {
    send: (message) => void input.write(`${JSON.stringify(message)}\n`),
    answers: output[Symbol.asyncIterator](),
    end: () => void input.end(),
    ended,
  }
}

describe.each([
  ['2026-07-28', ENVELOPE],
  ['2025-11-25', {}],
])('a call over stdio (%s)', (revision, meta) => {
  const search = {
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: { name: 'search', arguments: { query: 'tides' }, ...meta },
  }

  async function begin() {
    const faults: unknown[] = []
    const { deps, bell, waiting } = endlessModel(await openLibrary())
    const stop = new AbortController()
    const line = connect({ deps, version: '1', onFault: (error) => void faults.push(error) }, stop.signal)
    if (revision === '2025-11-25') {
      line.send(INITIALIZE)
      await line.answers.next()
      line.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    }
    const [started, stopped] = [once(bell, 'started'), once(bell, 'stopped')]
    line.send(search)
    await started
    return { line, stop, stopped, waiting, faults }
  }

  it('stops when it is cancelled, and the connection goes on', async () => {
    const { line, stopped, faults } = await begin()
    line.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7, ...meta } })
    await stopped
    line.send({ jsonrpc: '2.0', id: 8, method: 'tools/list', params: meta })
    expect(JSON.parse((await line.answers.next()).value)).toMatchObject({ id: 8 })
    line.end()
    await line.ended
    expect(faults).toEqual([])
  })

  it('stops when the client closes its pipe', async () => {
    const { line, stopped, faults } = await begin()
    line.end()
    await Promise.all([stopped, line.ended])
    expect(faults).toEqual([])
  })

  it('stops when the program is told to end', async () => {
    const { line, stop, stopped, faults } = await begin()
    stop.abort()
    await Promise.all([stopped, line.ended])
    expect(faults).toEqual([])
  })
})

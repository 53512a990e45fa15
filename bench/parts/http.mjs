// Part `http`: a real server under a real load generator. `GET /v1/papers/{id}/similar` against a bare Hono that sends one
// constant answer of the same bytes, and against Chroma and Weaviate where they are installed.
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startKindred, widthsChosen, withServer } from '../kindred-server.mjs'
import { hasWrk } from '../load/load.mjs'
import { openPeers } from '../peers/peers.mjs'
import { startAnnounced } from '../processes.mjs'
import { RequestFile, similarPath } from '../requests.mjs'
import { median } from '../stats.mjs'
import { loadTurns, warmUp } from '../turns.mjs'
import { exactAnswers, kindredRecall, tuned } from './http-recall.mjs'
import { httpReport } from './http-report.mjs'

const BARE = fileURLToPath(new URL('../bare-hono.mjs', import.meta.url))
const CONNECTIONS = 16
const REPEATED = 8
const PAYLOADS = 101

const LENGTHS = {
  full: { rounds: 5, ms: 2_000, aloneMs: 1_000, warmUp: { requests: 40_000, mostMs: 15_000 }, recallOf: 300 },
  quick: { rounds: 3, ms: 1_000, aloneMs: 1_000, warmUp: { requests: 4_000, mostMs: 10_000 }, recallOf: 100 },
}

/** An answer of middling length: what the bare server sends each time. */
async function typicalPayload(url, order) {
  const texts = []
  for (const at of order.slice(-PAYLOADS)) texts.push(await (await fetch(url + similarPath(at))).text())
  const length = median(texts.map((text) => Buffer.byteLength(text)))
  return texts.find((text) => Buffer.byteLength(text) === length)
}

const bareSides = ({ url, pid }, dir) =>
  Object.entries({ json: 'bare Hono', text: 'bare Hono, ready bytes' }).map(([path, name]) => ({
    name,
    url,
    pid,
    requests: new RequestFile({ dir, name: `${path}.txt`, lines: [`/${path}`] }),
  }))

/** The same few requests again and again; and one with the ETag that it was answered with. */
async function repeatedRuns({ kindred, bare, dir, order }, lengths) {
  const paths = order.slice(0, REPEATED).map((at) => similarPath(at))
  const few = new RequestFile({ dir, name: 'few.txt', lines: paths })
  const one = new RequestFile({ dir, name: 'one.txt', lines: paths.slice(0, 1) })
  const etag = (await fetch(kindred.url + paths[0])).headers.get('etag')
  const servers = [...bare, { ...kindred, name: 'repeated', requests: few }]
  const job = { headers: { 'If-None-Match': etag } }
  if (etag) servers.push({ ...kindred, name: 'not modified', requests: one, job })
  return loadTurns(servers, { ...lengths, connections: CONNECTIONS })
}

/** Recall of what is answered, after each peer has got the width that it needs for as much. */
async function recallsOf({ kindreds, peers, order }) {
  const exact = await exactAnswers(kindreds[0].url, order)
  const recalls = {}
  for (const { name, url } of kindreds) recalls[name] = { recall: await kindredRecall(url, exact), ef: 'default' }
  for (const peer of peers) recalls[peer.name] = await tuned(peer, exact)
  return recalls
}

async function measure({ kindreds, bare, peers, dir, order, quick, log }) {
  const lengths = quick ? LENGTHS.quick : LENGTHS.full
  const servers = [...bare, ...kindreds, ...peers]
  log('recall, and warming up')
  const recalls = await recallsOf({ kindreds, peers, order: order.slice(0, lengths.recallOf) })
  const { requests, mostMs } = lengths.warmUp
  // Each of several processes is to get as many.
  const warmUps = { requests: requests * kindreds.length, mostMs: mostMs * kindreds.length, connections: CONNECTIONS }
  await warmUp(servers, warmUps)
  log(`${lengths.rounds} turns over ${servers.map(({ name }) => name).join(', ')}`)
  const busy = await loadTurns(servers, { ...lengths, connections: CONNECTIONS })
  const alone = await loadTurns(servers, { rounds: lengths.rounds, ms: lengths.aloneMs, connections: 1 })
  const repeated = await repeatedRuns({ kindred: kindreds[0], bare, dir, order }, lengths)
  return { busy, alone, repeated, recalls, lengths }
}

/** The same library behind a process a core, as servers that use threads have them; null where there is one core. */
async function manyProcesses(context, indexDir) {
  const count = availableParallelism()
  if (count < 2) return null
  const server = await startKindred({ ...context, indexDir, flags: ['--workers', String(count)] })
  await widthsChosen(server.url)
  return { ...server, name: `kindred, ${count} processes` }
}

export const http = {
  name: 'http',
  title: 'Over HTTP',
  run: (context) =>
    withServer(context, async ({ server, lib, dir, order }) => {
      const payload = await typicalPayload(server.url, order)
      const closing = []
      try {
        writeFileSync(join(dir, 'payload.json'), payload)
        const constant = await startAnnounced(process.execPath, [BARE, join(dir, 'payload.json')])
        closing.push(constant.stop)
        const peers = await openPeers({ ...context, lib, dir, order })
        closing.push(...peers.map(({ stop }) => stop))
        const copy = lib.copy()
        closing.push(copy.remove)
        const many = await manyProcesses(context, copy.dir)
        if (many) closing.push(many.stop)
        const lines = order.map((at) => similarPath(at))
        const kindreds = [{ ...server, name: 'kindred' }, ...(many ? [many] : [])].map((each) => ({
          ...each,
          requests: new RequestFile({ dir, name: `${each.name.replace(/\W+/g, '-')}.txt`, lines }),
        }))
        const bare = bareSides(constant, dir)
        const measured = await measure({ ...context, kindreds, bare, peers, dir, order })
        const generator = hasWrk() ? 'wrk' : 'own'
        return httpReport({ ...measured, size: lib.size, payloadBytes: Buffer.byteLength(payload), generator })
      } finally {
        for (const close of closing.toReversed()) await close()
      }
    }),
}

// Part `http`: a real server under a real load generator. `GET /v1/papers/{id}/similar` against a bare Hono that sends one
// constant answer of the same bytes, and against Chroma and Weaviate where they are installed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withServer } from '../kindred-server.mjs'
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
async function recallsOf({ kindred, peers, order }) {
  const exact = await exactAnswers(kindred.url, order)
  const recalls = { kindred: { recall: await kindredRecall(kindred.url, exact), ef: 'default' } }
  for (const peer of peers) recalls[peer.name] = await tuned(peer, exact)
  return recalls
}

async function measure({ kindred, bare, peers, dir, order, quick, log }) {
  const lengths = quick ? LENGTHS.quick : LENGTHS.full
  const servers = [...bare, kindred, ...peers]
  log('recall, and warming up')
  const recalls = await recallsOf({ kindred, peers, order: order.slice(0, lengths.recallOf) })
  await warmUp(servers, { ...lengths.warmUp, connections: CONNECTIONS })
  log(`${lengths.rounds} turns over ${servers.map(({ name }) => name).join(', ')}`)
  const busy = await loadTurns(servers, { ...lengths, connections: CONNECTIONS })
  const alone = await loadTurns(servers, { rounds: lengths.rounds, ms: lengths.aloneMs, connections: 1 })
  const repeated = await repeatedRuns({ kindred, bare, dir, order }, lengths)
  return { busy, alone, repeated, recalls, lengths }
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
        const lines = order.map((at) => similarPath(at))
        const kindred = { ...server, name: 'kindred', requests: new RequestFile({ dir, name: 'similar.txt', lines }) }
        const bare = bareSides(constant, dir)
        const measured = await measure({ ...context, kindred, bare, peers, dir, order })
        const generator = hasWrk() ? 'wrk' : 'own'
        return httpReport({ ...measured, size: lib.size, payloadBytes: Buffer.byteLength(payload), generator })
      } finally {
        for (const close of closing.toReversed()) await close()
      }
    }),
}

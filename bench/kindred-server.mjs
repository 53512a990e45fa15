// The server as users start it: `kindred serve` on a copy of a library, default settings, its log written to nowhere.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { library } from './library.mjs'
import { startAnnounced } from './processes.mjs'
import { askingOrder } from './requests.mjs'
import { tempDir } from './temp-dir.mjs'

const QUIET_MS = 60_000
const POLL_MS = 20
/** After that it is measured as it is. */
const TUNED_MS = 90_000

/** Waits until `/readyz` misses nothing: the graph was verified and loaded. */
async function settled(url) {
  const until = performance.now() + QUIET_MS
  for (;;) {
    const { degraded = ['unknown'] } = await fetch(`${url}/readyz`).then((answer) => answer.json())
    if (degraded.length === 0) return
    if (performance.now() > until) throw new Error(`the server is still degraded: ${degraded.join(', ')}`)
    await delay(POLL_MS)
  }
}

/**
 * Waits until the server has measured its recall and chosen its search widths, which it does in the background in the
 * first half minute of a library's life: what is measured then is a server as it is from then on.
 */
export async function widthsChosen(url) {
  const until = performance.now() + TUNED_MS
  while (performance.now() < until) {
    const { index } = await fetch(`${url}/v1/stats`).then((answer) => answer.json())
    if (index?.kinds?.paper.recall) return
    await delay(POLL_MS * 10)
  }
}

/** `{ url, pid, readyMs, stop }`; `readyMs` from the start of the process until it is ready and misses nothing. */
export async function startKindred({ dist, indexDir, model, flags = [] }) {
  const program = join(dist, 'cli/main.js')
  const args = [program, 'serve', '--json', '--port', '0', '--index', indexDir, ...(model ? ['--model', model] : [])]
  const startedAt = performance.now()
  const server = await startAnnounced(process.execPath, [...args, ...flags])
  try {
    await settled(server.url)
    return { ...server, readyMs: performance.now() - startedAt }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/**
 * Starts a server on a copy of a library for as long as `work` takes: it gets `{ server, lib, dir, order }`, a folder for
 * requests and the shuffled numbers of the papers.
 */
export async function withServer(context, work) {
  const lib = await library({ ...context, size: context.size ?? context.mainSize })
  const copy = lib.copy()
  const { dir, remove } = tempDir()
  let server
  try {
    server = await startKindred({ ...context, indexDir: copy.dir })
    await widthsChosen(server.url)
    return await work({ server, lib, dir, order: askingOrder(lib.size) })
  } finally {
    await server?.stop()
    remove()
    copy.remove()
  }
}

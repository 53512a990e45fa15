// The server as users start it: `kindred serve` on a copy of a library, default settings, its log written to nowhere.
import { join } from 'node:path'
import { startAnnounced } from './processes.mjs'

/** `{ url, pid, readyMs, stop }`; `readyMs` is from the start of the process to the announcement of its address. */
export function startKindred({ dist, indexDir, flags = [], env = {} }) {
  const program = join(dist, 'cli/main.js')
  return startAnnounced(process.execPath, [program, 'serve', '--json', '--port', '0', '--index', indexDir, ...flags], {
    env,
  })
}

/** Waits until nothing is missing and the text index was read, so that what is measured is the quiet server. */
export async function settled(url, { waitMs = 60_000 } = {}) {
  const until = performance.now() + waitMs
  for (;;) {
    const { degraded = ['unknown'] } = await fetch(`${url}/readyz`).then((answer) => answer.json())
    if (degraded.length === 0) return
    if (performance.now() > until) throw new Error(`the server is still degraded: ${degraded.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

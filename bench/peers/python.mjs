// A Python program that answers one line of JSON with another, for as long as runs take turns with ours.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from '../processes.mjs'

/** The interpreter that bench/peers/install.sh made; null where there is none. */
export function pythonOf(peersDir) {
  const python = join(peersDir, 'venv/bin/python')
  return existsSync(python) ? python : null
}

/** `{ first, ask(job), stop() }`: `first` is what it says when it is ready. */
export async function startPython(python, args) {
  const waiting = []
  let ended = null
  const next = () =>
    ended ? Promise.reject(ended) : new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  const one = startProcess(python, args, { input: true, onLine: (line) => waiting.shift()?.resolve(JSON.parse(line)) })
  one.child.once('close', (code) => {
    ended = new Error(`${args[0]} ended with ${code}`)
    for (const { reject } of waiting.splice(0)) reject(ended)
  })
  const first = await next()
  const ask = (job) => {
    one.child.stdin.write(`${JSON.stringify(job)}\n`)
    return next()
  }
  return { first, ask, stop: one.stop }
}

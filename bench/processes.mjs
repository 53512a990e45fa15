// Servers as processes of their own, each ended by its id, also when the bench is interrupted.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const READY_MS = 120_000
const GRACE_MS = 15_000
const running = new Set()

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

async function stop(child) {
  if (!running.has(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await ended
  clearTimeout(timer)
}

const NOTHING = () => undefined

/**
 * A child whose standard output is read by line; its standard error goes nowhere, as a log that nobody reads does, or is
 * `shown`.
 */
export function startProcess(command, args, { env = {}, cwd, input, shown, onLine = NOTHING } = {}) {
  const stdio = [input ? 'pipe' : 'ignore', 'pipe', shown ? 'inherit' : 'ignore']
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  let rest = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) onLine(line)
  })
  return { child, pid: child.pid, stop: () => stop(child) }
}

/** A free port of the loopback address; another program may take it before it is used. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves with `{ pid, url, stop }` when the first line that a process prints, as JSON, names its address. */
export async function startAnnounced(command, args, options) {
  const startedAt = performance.now()
  let announce
  const announced = new Promise((resolve) => {
    announce = resolve
  })
  const one = startProcess(command, args, { ...options, onLine: announce })
  const ended = once(one.child, 'exit').then(([code]) => {
    throw new Error(`${args[0]} ended with ${code} before it was ready`)
  })
  ended.catch(() => undefined)
  const late = delay(READY_MS, undefined, { ref: false }).then(() => {
    throw new Error(`${args[0]} was not ready in time`)
  })
  late.catch(() => undefined)
  const { url } = JSON.parse(await Promise.race([announced, ended, late]))
  return { ...one, url, readyMs: performance.now() - startedAt }
}

/** The same for a server that prints nothing: ready when `path` answers with success. */
export async function startAnswering(command, args, { url, path, ...options }) {
  const one = startProcess(command, args, options)
  const until = performance.now() + READY_MS
  for (;;) {
    const ready = await fetch(url + path).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return { ...one, url }
    if (one.child.exitCode !== null || performance.now() > until) {
      await one.stop()
      throw new Error(`${command} did not get ready`)
    }
    await delay(100)
  }
}

const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)

/** What `read` says of a process and of all below it, added up; null where there is no /proc to tell. */
function overTree(pid, read) {
  try {
    return childrenOf(pid).reduce((sum, child) => sum + (overTree(child, read) ?? 0), read(pid))
  } catch {
    return null
  }
}

const residentOf = (pid) => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)

/** In ticks of a hundredth of a second, which is what Linux counts in on every platform of today. */
const TICK_MS = 10
function processorOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in the second field may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return TICK_MS * (Number(fields[11]) + Number(fields[12]))
}

/** Memory of a process alone in bytes; null where there is no /proc to tell. */
export function ownResidentBytes(pid) {
  try {
    return residentOf(pid)
  } catch {
    return null
  }
}

/** Memory of a process and its children in bytes. */
export const residentBytes = (pid) => overTree(pid, residentOf)

/** Time of the processor that a process and its children have had, in milliseconds. */
export const processorMs = (pid) => overTree(pid, processorOf)

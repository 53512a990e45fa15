import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Of -20 (first) to 19: a tenth of the share of a thread that has none. */
const NICE = 10

/**
 * Gives way to the threads that answer. Only Linux knows a priority of one thread, under the id that /proc has of it;
 * elsewhere the system shares out as it sees fit.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (thread !== process.pid) setPriority(thread, NICE)
  } catch {
    // A container without /proc: slower answers while a graph is built, and nothing else.
  }
}

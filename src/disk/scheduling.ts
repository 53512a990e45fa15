import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { kernelsAddon } from './kernels-addon.ts'

/** Of -20 (first) to 19: a tenth of the share of a thread that has none. */
const NICE = 10

/** What native/scheduling.h asks of the system. */
interface NativeScheduling {
  /** Gives up the rest of this thread's slice, where it has had the processor for a millisecond. */
  maybeYield(): void
  /** False where the system does not let this thread have them. */
  takeShortSlices(): boolean
}

/** Each of them is missing where the installation could not compile it. */
const native: Partial<NativeScheduling> = kernelsAddon

/**
 * This thread gives way to those that answer, for good. Only Linux knows a priority of one thread, under the id that /proc
 * has of it; elsewhere the system shares out as it sees fit.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (thread !== process.pid) setPriority(thread, NICE)
  } catch {
    // A container without /proc: slower answers while there is other work, and nothing else.
  }
}

/**
 * Between two pieces of long work: lets threads go first that have just woken up. They would wait for the end of the
 * slice otherwise, 1 to 4 ms on Linux, whatever the priorities.
 */
export function letOthersGo(): void {
  native.maybeYield?.()
}

/**
 * This thread answers: when it wakes up it does not wait until the slice of another thread is over. Its share of the processor
 * is what it was. Linux knows that since 6.12; elsewhere, or where the system refuses, all stays as it is.
 */
export function goFirst(): boolean {
  return native.takeShortSlices?.() ?? false
}

// Processors that do not fall asleep between two requests. On a virtual machine one that has nothing to do is handed back to
// the host, and whoever wakes it waits until the host has a place for it again: the time of one request is then the host's.
// Here they wait for work without halting, as the kernel does for whoever cannot wait for a processor to wake up (its
// "PM Quality Of Service Interface"); the scheduler takes them for as idle as they are.
import { closeSync, openSync, writeSync } from 'node:fs'

/** Takes how long a wake-up may take, in microseconds, and heeds it as long as the file is open. */
export const DEVICE = '/dev/cpu_dma_latency'

/** `{ stop }` while the processors are kept awake; null where they cannot be: another system, or not the administrator. */
export function keepAwake() {
  try {
    const file = openSync(DEVICE, 'r+')
    writeSync(file, Buffer.from(Int32Array.of(0).buffer))
    return { stop: () => closeSync(file) }
  } catch {
    return null
  }
}

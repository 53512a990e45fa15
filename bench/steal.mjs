// Where the machine is a virtual one: how much of the processors its host gave to others.
import { readFileSync } from 'node:fs'

/** Ticks since boot: those that were worked or wanted, and of them the stolen ones; null where there is no /proc to tell. */
export function readTicks() {
  try {
    const [line] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
    const [user, nice, system, , , irq, softirq, stolen] = line.trim().split(/\s+/).slice(1).map(Number)
    return { wanted: user + nice + system + irq + softirq + stolen, stolen }
  } catch {
    return null
  }
}

/** What to know of the figures of a time: the share that was stolen since `before`, as notes. */
export function stolenSince(before, now = readTicks()) {
  if (!before || !now || now.wanted <= before.wanted) return []
  const share = (100 * (now.stolen - before.stolen)) / (now.wanted - before.wanted)
  return [
    `Of the processor time that was wanted meanwhile, the host gave ${share.toFixed(1)} % to other machines (\`steal\`).`,
  ]
}

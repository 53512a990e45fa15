// What the figures were measured on.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'

/** Of the clone that the build was made in. */
function commitOf(clone) {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: clone, encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

function vectorUnits() {
  try {
    const flags = readFileSync('/proc/cpuinfo', 'utf8')
    return ['avx512f', 'avx2', 'avx'].find((flag) => flags.includes(flag)) ?? null
  } catch {
    return null
  }
}

export function describeMachine(dist) {
  const clone = dirname(dist)
  const { version } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'))
  return {
    measuredAt: new Date().toISOString().slice(0, 16).replace('T', ' '),
    kindred: version,
    commit: commitOf(clone),
    node: process.version,
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unnamed',
    vectorUnits: vectorUnits(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadAtStart: loadavg().map((value) => Number(value.toFixed(2))),
  }
}

export function machineText({
  processor,
  vectorUnits,
  cores,
  memoryGiB,
  node,
  system,
  loadAtStart,
  commit,
  measuredAt,
}) {
  const units = vectorUnits ? ` (${vectorUnits})` : ''
  return `${cores} cores of ${processor}${units}, ${memoryGiB} GiB, ${system}, Node ${node.slice(1)}; commit ${commit ?? 'unknown'}, ${measuredAt} UTC; load average at the start ${loadAtStart.join(', ')}`
}

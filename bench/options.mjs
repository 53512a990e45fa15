// The command line of the bench.
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildFolder, PROJECT } from './dist.mjs'

const SIZES = [1_000, 10_000, 20_000, 100_000]
const QUICK_SIZES = [1_000, 20_000]
/** The size that the targets are set for. */
const MAIN_SIZE = 20_000
const CACHE = join(tmpdir(), 'kindred-bench-cache')
const PEERS = join(tmpdir(), 'kindred-bench-peers')

const OPTIONS = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  sizes: { type: 'string' },
  json: { type: 'boolean' },
  out: { type: 'string' },
  dist: { type: 'string' },
  cache: { type: 'string' },
  peers: { type: 'string' },
  model: { type: 'string' },
  'let-sleep': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
}

export const helpText = (parts) => `npm run bench -- [options]

Measures Kindred and writes docs/benchmarks.md and docs/benchmarks.json. Runs that are compared take turns; the result is
the median of their ratios. About 15 minutes on 2 quiet cores, and as many more the first time, when libraries
are made. \`scale\` (a million vectors) is not part of it, and takes half an hour of its own.

  --quick            shorter runs and fewer sizes, about 4 minutes; prints only, unless --out is given
  --only <part,…>    of ${parts.join(', ')}; prints only, unless --out is given
  --sizes <n,…>      numbers of papers (${SIZES.join(',')})
  --json             print the results as JSON
  --out <folder>     where benchmarks.md and benchmarks.json go (docs)
  --dist <folder>    the build that is measured (dist), e.g. that of another clone
  --cache <folder>   where libraries are kept (${CACHE})
  --peers <folder>   where bench/peers/install.sh has put other engines (${PEERS})
  --model <id>       another model than the vendored one; \`hash\` for a trial without any
  --let-sleep        let processors fall asleep that have nothing to do; else the kernel keeps them awake (Linux, as
                     root), because on a virtual machine it is the host that decides when one wakes up
  -h, --help         this text`

function sizesOf(text, quick) {
  if (text === undefined) return quick ? QUICK_SIZES : SIZES
  const sizes = text.split(',').map(Number)
  if (!sizes.every((size) => Number.isInteger(size) && size >= 20)) throw new Error('--sizes takes numbers from 20 on')
  return sizes.toSorted((one, other) => one - other)
}

function partsOf(text, { known, byDefault }) {
  if (text === undefined) return byDefault
  const names = text.split(',')
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no part is called ${unknown.join(', ')}; there are ${known.join(', ')}`)
  return names
}

/** Throws where the options make no sense. */
export function readOptions(argv, parts) {
  const { values } = parseArgs({ args: argv, options: OPTIONS })
  if (values.help) return { help: true }
  const quick = values.quick ?? false
  const whole = !quick && values.only === undefined && values.sizes === undefined
  const sizes = sizesOf(values.sizes, quick)
  return {
    help: false,
    quick,
    whole,
    sizes,
    sizesGiven: values.sizes !== undefined,
    mainSize: sizes.includes(MAIN_SIZE) ? MAIN_SIZE : Math.max(...sizes),
    parts: partsOf(values.only, parts),
    json: values.json ?? false,
    out: values.out ? resolve(values.out) : whole ? join(PROJECT, 'docs') : null,
    dist: buildFolder(values.dist),
    cache: resolve(values.cache ?? CACHE),
    model: values.model,
    letSleep: values['let-sleep'] ?? false,
    peersDir: resolve(values.peers ?? PEERS),
  }
}

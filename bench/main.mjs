// `npm run bench`: measures, prints, and writes docs/benchmarks.md and docs/benchmarks.json. `--help` tells more.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepAwake } from './awake.mjs'
import { describeMachine, machineText } from './machine.mjs'
import { helpText, readOptions } from './options.mjs'
import { ann } from './parts/ann.mjs'
import { filtered } from './parts/filtered.mjs'
import { http } from './parts/http.mjs'
import { ingest } from './parts/ingest.mjs'
import { overload } from './parts/overload.mjs'
import { scale } from './parts/scale.mjs'
import { search } from './parts/search.mjs'
import { services } from './parts/services.mjs'
import { startup } from './parts/startup.mjs'
import { markdown, partText } from './report.mjs'
import { readTicks, stolenSince } from './steal.mjs'

const PARTS = [ann, http, search, filtered, services, ingest, startup, overload, scale]
/** Not in a run of everything: it takes as long as all others. */
const ON_REQUEST = ['scale']

const AWAKE = 'The processors were kept awake (`--let-sleep` leaves them alone).'

const names = PARTS.map(({ name }) => name)

function readArguments() {
  try {
    return readOptions(process.argv.slice(2), {
      known: names,
      byDefault: names.filter((name) => !ON_REQUEST.includes(name)),
    })
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}

async function runPart(part, options) {
  const [startedAt, ticks] = [performance.now(), readTicks()]
  const log = (text) => console.error(`${part.name}: ${text}`)
  const awake = options.letSleep ? null : keepAwake()
  try {
    const result = await part.run({ ...options, log })
    const notes = [...result.notes, ...(awake ? [AWAKE] : []), ...stolenSince(ticks)]
    return { name: part.name, title: part.title, ...result, notes, seconds: (performance.now() - startedAt) / 1000 }
  } catch (error) {
    // One part that fails does not take the figures of the others along.
    log(error.stack)
    process.exitCode = 1
    return {
      name: part.name,
      title: part.title,
      tables: [],
      targets: [],
      notes: [`Failed: ${error.message}`],
      data: null,
    }
  } finally {
    awake?.stop()
  }
}

function write(folder, report) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'benchmarks.md'), markdown(report))
  writeFileSync(join(folder, 'benchmarks.json'), `${JSON.stringify(report, null, 1)}\n`)
  console.error(`written to ${folder}`)
}

async function main() {
  const options = readArguments()
  if (options.help) return console.log(helpText(names))
  const report = { machine: describeMachine(options.dist), quick: options.quick, sizes: options.sizes, parts: [] }
  console.error(machineText(report.machine))
  for (const part of PARTS.filter(({ name }) => options.parts.includes(name))) {
    const result = await runPart(part, options)
    report.parts.push(result)
    if (!options.json) console.log(partText(result))
  }
  if (options.json) console.log(JSON.stringify(report))
  if (options.out) write(options.out, report)
}

await main()

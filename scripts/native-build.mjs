// Runs after `npm install` and compiles hnswlib-node for this machine's own instruction set: the
// distance kernel is chosen at compile time, and AVX halves a search's time against the plain build.
// KINDRED_PORTABLE=1 keeps the plain build, for images that are run on other machines.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const ADDON = 'hnswlib-node'
const NATIVE_FLAGS = '-O3 -march=native'
const say = (text) => console.error(`kindred: ${text}`)

/** The folder whose node_modules holds the addon: ours, or the one that installed us. */
function installRoot() {
  const manifest = createRequire(import.meta.url).resolve(`${ADDON}/package.json`)
  return dirname(dirname(dirname(manifest)))
}

function rebuild(root, flags) {
  const npm = process.env.npm_execpath
  const [command, lead] = npm ? [process.execPath, [npm]] : ['npm', []]
  const env = flags ? { ...process.env, CXXFLAGS: `${process.env.CXXFLAGS ?? ''} ${flags}`.trim() } : process.env
  const run = spawnSync(command, [...lead, 'rebuild', ADDON], { cwd: root, env, encoding: 'utf8' })
  return { ok: run.status === 0, output: `${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}` }
}

/** A compiled addon may still not run (a wrong instruction set ends the process), so a child tries it. */
function works(root) {
  const probe = `const { HierarchicalNSW } = require(${JSON.stringify(join(root, 'node_modules', ADDON))});
    const index = new HierarchicalNSW('ip', 32); index.initIndex(2);
    index.addPoint(Array(32).fill(0.1), 7);
    if (index.searchKnn(Array(32).fill(0.1), 1).neighbors[0] !== 7) process.exit(1)`
  return spawnSync(process.execPath, ['-e', probe]).status === 0
}

function main() {
  if (process.env.KINDRED_PORTABLE === '1') return say('KINDRED_PORTABLE=1: keeping the plain build of hnswlib-node')
  const root = installRoot()
  const native = rebuild(root, NATIVE_FLAGS)
  if (native.ok && works(root)) return say(`built hnswlib-node for this machine (${NATIVE_FLAGS})`)
  say(`the native build of hnswlib-node failed, falling back to the plain one:\n${native.output.trim().slice(-2000)}`)
  const plain = rebuild(root, '')
  if (plain.ok && works(root)) return say('built hnswlib-node without instruction-set flags: searches are slower')
  say(
    `hnswlib-node could not be built; a C++ compiler, make and Python are needed:\n${plain.output.trim().slice(-2000)}`,
  )
  process.exitCode = 1
}

main()

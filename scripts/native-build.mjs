// Runs after `npm install` and compiles for this machine's own instruction set what walks the graph: hnswlib-node, and
// our binding of the same hnswlib (native/). The distance kernel is chosen at compile time, and AVX halves a search's
// time against the plain build. KINDRED_PORTABLE=1 compiles without those flags, for images that run on other machines.
// The kernels that embed (native/encoder/) and those of kernel/ once more (native/kernels/) name their instructions themselves
// and ask the machine before they run: one build fits all.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ADDON = 'hnswlib-node'
const NATIVE_FLAGS = '-O3 -march=native'
const BINDING = fileURLToPath(new URL('../native', import.meta.url))
const ENCODER = join(BINDING, 'encoder')
const KERNELS = join(BINDING, 'kernels')
const say = (text) => console.error(`kindred: ${text}`)

/** The folder whose node_modules holds the addon: ours, or the one that installed us. */
function installRoot() {
  const manifest = createRequire(import.meta.url).resolve(`${ADDON}/package.json`)
  return dirname(dirname(dirname(manifest)))
}

function run(args, { cwd, flags }) {
  const env = flags ? { ...process.env, CXXFLAGS: `${process.env.CXXFLAGS ?? ''} ${flags}`.trim() } : process.env
  const [command, ...rest] = args
  const done = spawnSync(command, rest, { cwd, env, encoding: 'utf8' })
  return { ok: done.status === 0, output: `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}` }
}

function rebuildAddon(root, flags) {
  const npm = process.env.npm_execpath
  return run([...(npm ? [process.execPath, npm] : ['npm']), 'rebuild', ADDON], { cwd: root, flags })
}

/** npm names the node-gyp that it brings; without npm there is the one of the search path, if any. */
function rebuildBinding(folder, flags) {
  const gyp = process.env.npm_config_node_gyp
  return run([...(gyp ? [process.execPath, gyp] : ['node-gyp']), 'rebuild'], { cwd: folder, flags })
}

/** What is compiled may still not run (a wrong instruction set ends the process), so a child tries it. */
const runs = (probe) => spawnSync(process.execPath, ['-e', probe]).status === 0

const addonRuns = (root) =>
  runs(`const { HierarchicalNSW } = require(${JSON.stringify(join(root, 'node_modules', ADDON))});
    const index = new HierarchicalNSW('ip', 32); index.initIndex(2);
    index.addPoint(Array(32).fill(0.1), 7);
    if (index.searchKnn(Array(32).fill(0.1), 1).neighbors[0] !== 7) process.exit(1)`)

const bindingRuns = () =>
  runs(`const { Graph } = require(${JSON.stringify(join(BINDING, 'build/Release/graph.node'))});
    const graph = new Graph(32); graph.create(2, 16, 200);
    const found = new Float64Array(2);
    graph.add(new Float32Array(32).fill(0.1), 7);
    if (graph.search(new Float32Array(32).fill(0.1), 1, found) !== 1 || found[0] !== 7) process.exit(1)`)

/** A network of two words and one layer; an addon that exports nothing says that this machine lacks the instructions. */
const encoderRuns = () =>
  runs(`const { Encoder } = require(${JSON.stringify(join(ENCODER, 'build/Release/encoder.node'))});
    if (!Encoder) process.exit();
    const [tokens, hidden, wide] = [3, 96, 48];
    const floats = (length) => new Float32Array(length).fill(0.5), bytes = (length) => new Uint8Array(length).fill(7);
    const product = (terms, columns) => [new Int8Array(terms * columns).fill(1), floats(columns), floats(columns)];
    const table = (rows) => [bytes(rows * hidden), floats(1), bytes(1)], norm = () => [floats(hidden), floats(hidden)];
    const square = () => product(hidden, hidden);
    const layer = [square(), square(), square(), square(), norm(), product(hidden, wide), product(wide, hidden), norm()];
    const tensors = [table(2), table(1), table(tokens), norm(), [floats(1)], ...layer].flat();
    const encoder = new Encoder(Uint32Array.of(2, tokens, hidden, hidden / 32, wide, 1, tokens), tensors);
    const rows = new Float32Array(tokens * hidden);
    encoder.run(Uint32Array.of(0, 1, 0), rows);
    if (!rows.every((value) => value === 0.5)) process.exit(1)`)

/** Two rows of one component, the second the opposite of the first; no exports say that this machine lacks the instructions. */
const kernelsRun = () =>
  runs(`const { similarities } = require(${JSON.stringify(join(KERNELS, 'build/Release/kernels.node'))});
    if (!similarities) process.exit();
    const found = new Float32Array(2);
    similarities(new Uint8Array(Float32Array.of(2, -2).buffer), Float32Array.of(3), Uint32Array.of(0, 1), found);
    if (found[0] !== 6 || found[1] !== -6) process.exit(1)`)

const lastLines = ({ output }) => output.trim().slice(-2000)

const removeBuild = (folder) => rmSync(join(folder, 'build'), { recursive: true, force: true })

/** Whether hnswlib-node runs in the end. */
function buildAddon(root, flags) {
  if (!flags) return true
  const native = rebuildAddon(root, flags)
  if (native.ok && addonRuns(root)) return true
  say(`the native build of ${ADDON} failed, falling back to the plain one:\n${lastLines(native)}`)
  const plain = rebuildAddon(root, '')
  if (plain.ok && addonRuns(root)) return true
  say(`${ADDON} could not be built; a C++ compiler, make and Python are needed:\n${lastLines(plain)}`)
  return false
}

/** Searches are slower without, and nothing else is missing. */
function buildBinding(flags) {
  const native = rebuildBinding(BINDING, flags)
  if (native.ok && bindingRuns()) return
  const plain = flags ? rebuildBinding(BINDING, '') : native
  if (plain.ok && bindingRuns()) return
  removeBuild(BINDING)
  say(`our binding of hnswlib could not be built; searches are slower, by ${ADDON}:\n${lastLines(plain)}`)
}

/** What one build fits all machines of; something else does its work where there is none. */
function buildKernels(folder, { works, otherwise }) {
  const built = rebuildBinding(folder, '')
  if (built.ok && works()) return
  removeBuild(folder)
  say(`${otherwise}:\n${lastLines(built)}`)
}

function buildAllKernels() {
  buildKernels(ENCODER, {
    works: encoderRuns,
    otherwise: 'the kernels that embed could not be built; onnxruntime embeds, more slowly',
  })
  buildKernels(KERNELS, {
    works: kernelsRun,
    otherwise: 'the kernels that compare could not be built; WebAssembly does it, more slowly',
  })
}

function main() {
  const flags = process.env.KINDRED_PORTABLE === '1' ? '' : NATIVE_FLAGS
  const ok = buildAddon(installRoot(), flags)
  if (ok) buildBinding(flags)
  if (ok) buildAllKernels()
  say(ok ? `built hnswlib (${flags || 'for any machine of this kind'})` : 'hnswlib could not be built')
  if (!ok) process.exitCode = 1
}

main()

// Makes the WebAssembly of each source in kernel/ where it is missing or older.
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const pathOf = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url))
const changedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** The memory is the caller's, up to the 4 GiB that WebAssembly has; one that other threads may share grows in place. */
const MEMORY = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']

const KERNELS = [
  ['kernel/scan.ts', 'dist/ann/kernel.wasm'],
  ['kernel/sentences.ts', 'dist/store/sentences.wasm'],
  ['kernel/scores.ts', 'dist/store/scores.wasm'],
]

async function build(source, output) {
  // Only here: the compiler takes a second to load.
  const { default: compiler } = await import('assemblyscript/asc')
  mkdirSync(dirname(output), { recursive: true })
  const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads', ...MEMORY]
  const { error, stderr } = await compiler.main([source, '-o', output, '--baseDir', '/', ...flags])
  if (error) throw new Error(`${error.message}\n${stderr}`)
}

for (const [source, output] of KERNELS.map((files) => files.map(pathOf))) {
  if (changedAt(output) <= changedAt(source)) await build(source, output)
}

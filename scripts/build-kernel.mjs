// Makes dist/ann/kernel.wasm of kernel/scan.ts where it is missing or older.
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const pathOf = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url))
const [source, output] = ['kernel/scan.ts', 'dist/ann/kernel.wasm'].map(pathOf)
const changedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** The memory is the caller's: that of the vectors, which other threads share, up to the 4 GiB that WebAssembly has. */
const MEMORY = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']

async function build() {
  // Only here: the compiler takes a second to load.
  const { default: compiler } = await import('assemblyscript/asc')
  mkdirSync(dirname(output), { recursive: true })
  const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads', ...MEMORY]
  const { error, stderr } = await compiler.main([source, '-o', output, '--baseDir', '/', ...flags])
  if (error) throw new Error(`${error.message}\n${stderr}`)
}

if (changedAt(output) <= changedAt(source)) await build()

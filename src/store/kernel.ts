import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { resolve } = createRequire(import.meta.url)
const compiled = new Map<string, WebAssembly.Module>()

function compile(name: string): WebAssembly.Module {
  const module = compiled.get(name) ?? new WebAssembly.Module(readFileSync(resolve(name)))
  compiled.set(name, module)
  return module
}

/** Reads the kernels before they are needed: a server that is crowded may have no file descriptor left then. */
export function readKernels(): void {
  for (const name of ['#sentence-kernel', '#score-kernel']) compile(name)
}

/** The functions of a file in kernel/ over a memory. `name` stands in package.json: the compiled file is in dist/. */
export const openKernel = <Functions extends object>(name: string, memory: WebAssembly.Memory): Functions =>
  new WebAssembly.Instance(compile(name), { env: { memory } }).exports as Functions

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// Resolved through package.json, because the compiled file is in dist/, also when this one is not.
const { resolve } = createRequire(import.meta.url)
const compiled = new Map<string, WebAssembly.Module>()

function compile(name: string): WebAssembly.Module {
  const module = compiled.get(name) ?? new WebAssembly.Module(readFileSync(resolve(name)))
  compiled.set(name, module)
  return module
}

/** Reads kernels before they are needed: a server that is crowded may have no file descriptor left then. */
export function readKernels(names: readonly string[]): void {
  for (const name of names) compile(name)
}

/** The functions of a file in kernel/, by its name in package.json, over a memory; other threads may share that. */
export const openKernel = <Functions extends object>(name: string, memory: WebAssembly.Memory): Functions =>
  new WebAssembly.Instance(compile(name), { env: { memory } }).exports as Functions

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { resolve } = createRequire(import.meta.url)
const compiled = new Map<string, WebAssembly.Module>()

/** The functions of a file in kernel/ over a memory. `name` stands in package.json: the compiled file is in dist/. */
export function openKernel<Functions extends object>(name: string, memory: WebAssembly.Memory): Functions {
  const module = compiled.get(name) ?? new WebAssembly.Module(readFileSync(resolve(name)))
  compiled.set(name, module)
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Functions
}

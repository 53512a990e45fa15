import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** The functions of kernel/scan.ts; see there. */
export interface Kernel {
  open(dimension: number, slot: number, block: number): void
  openCodes(first: number, stride: number): void
  aim(scale: number, perError: number, perLength: number): void
  similarities(count: number): void
  candidates(count: number, least: number): number
  encode(row: number): void
}

// Resolved through package.json, because it is beside the compiled files, also when this one is not.
const FILE = createRequire(import.meta.url).resolve('#scan-kernel')

let compiled: WebAssembly.Module | null = null

/** The kernel over a memory of its own or one that other threads share. */
export function openKernel(memory: WebAssembly.Memory): Kernel {
  compiled ??= new WebAssembly.Module(readFileSync(FILE))
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as Kernel
}

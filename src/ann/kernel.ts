import { openKernel as openNamed } from '../disk/kernel.ts'

/** The functions of kernel/scan.ts; see there. */
export interface Kernel {
  open(dimension: number, slot: number, block: number): void
  openCodes(first: number, stride: number): void
  aim(scale: number, perError: number, perLength: number): void
  similarities(count: number): void
  candidates(count: number, least: number): number
  encode(row: number): void
}

/** The kernel over a memory of its own or one that other threads share. */
export const openKernel = (memory: WebAssembly.Memory): Kernel => openNamed('#scan-kernel', memory)

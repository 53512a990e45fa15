/** The part of WebAssembly that is used here: Node has it, and only the browsers' types describe it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    constructor(options: { initial: number; maximum: number; shared: true })
    /** A new object after the memory has grown; the one before shows what it showed. */
    readonly buffer: SharedArrayBuffer
    /** By so many pages of 64 KiB. Throws RangeError beyond the maximum. */
    grow(pages: number): number
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } })
    readonly exports: object
  }
}

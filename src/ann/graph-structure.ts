import { type FileHandle, open } from 'node:fs/promises'
import { ownTurn } from '../domain/own-turn.ts'
import { type GraphSettings, roomFor } from './hnsw.ts'

const WINDOW = 4 * 1024 * 1024
/** They take a millisecond at most; then requests have their turn. */
const READS_A_TURN = 250

/** Fields of hnswlib 0.8's header (saveIndex in hnswalg.h): little-endian, 64 bits but for the two of 32. */
const HEADER_BYTES = 96
const COUNT_BYTES = 4
/** hnswlib takes memory for all the room that the file names: as many times what a graph of so many nodes is given. */
const MOST_ROOM = 2

/** What the file must be of. */
export interface GraphShape extends GraphSettings {
  readonly count: number
}

/** Reads little pieces in order without a system call for each. */
class Reader {
  readonly #handle: FileHandle
  readonly #window = Buffer.alloc(WINDOW)
  #start = 0
  #filled = 0
  #reads = 0

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Valid until the next call; null behind the end of the file. */
  async at(position: number, length: number): Promise<Buffer | null> {
    this.#reads += 1
    if (this.#reads % READS_A_TURN === 0) await ownTurn()
    if (position < this.#start || position + length > this.#start + this.#filled) await this.#load(position)
    const from = position - this.#start
    return from + length <= this.#filled ? this.#window.subarray(from, from + length) : null
  }

  async #load(position: number): Promise<void> {
    const { bytesRead } = await this.#handle.read(this.#window, 0, WINDOW, position)
    this.#start = position
    this.#filled = bytesRead
  }
}

const linkBytes = (links: number): number => COUNT_BYTES + 4 * links
const elementBytes = ({ m, dimension }: GraphShape): number => linkBytes(2 * m) + 4 * dimension + 8

/** The first field of the header that differs from what such a graph must have. */
function headerFault(header: Buffer, shape: GraphShape): string | null {
  const { m, count, efConstruction } = shape
  const size = elementBytes(shape)
  const expected: readonly (readonly [field: string, at: number, value: number])[] = [
    ['count', 16, count],
    ['dimension', 24, size],
    ['dimension', 32, size - 8],
    ['m', 40, linkBytes(2 * m)],
    ['m', 56, m],
    ['m', 64, 2 * m],
    ['m', 72, m],
    ['efConstruction', 88, Math.max(m, efConstruction)],
    ['offset', 0, 0],
  ]
  const wrong = expected.find(([, at, value]) => header.readBigUInt64LE(at) !== BigInt(value))
  if (wrong) return wrong[0]
  const capacity = header.readBigUInt64LE(8)
  return capacity < BigInt(count) || capacity > BigInt(MOST_ROOM * roomFor(count)) ? 'capacity' : null
}

/** Whether a list of links is no longer than it may be and leads to nodes that `may` be linked. */
function isSound(list: Buffer, most: number, may: (node: number) => boolean): boolean {
  const links = list.readUInt16LE(0)
  if (links > most) return false
  for (let at = 0; at < links; at += 1) if (!may(list.readUInt32LE(COUNT_BYTES + 4 * at))) return false
  return true
}

/** Reads where the links of the upper levels lie; null where the file ends before them or goes on behind. */
async function readLevels(reader: Reader, shape: GraphShape, size: number): Promise<Uint8Array | null> {
  const perLevel = linkBytes(shape.m)
  const levels = new Uint8Array(shape.count)
  let position = HEADER_BYTES + shape.count * elementBytes(shape)
  for (let node = 0; node < shape.count; node += 1) {
    const bytes = (await reader.at(position, COUNT_BYTES))?.readUInt32LE(0)
    if (bytes === undefined || bytes % perLevel !== 0 || bytes / perLevel > 255) return null
    levels[node] = bytes / perLevel
    position += COUNT_BYTES + bytes
  }
  return position === size ? levels : null
}

async function areLinksSound(reader: Reader, shape: GraphShape, levels: Uint8Array): Promise<boolean> {
  const { count, m } = shape
  const stride = elementBytes(shape)
  for (let node = 0; node < count; node += 1) {
    const list = await reader.at(HEADER_BYTES + node * stride, linkBytes(2 * m))
    if (!list || !isSound(list, 2 * m, (other) => other < count)) return false
  }
  let position = HEADER_BYTES + count * stride
  for (let node = 0; node < count; node += 1) {
    position += COUNT_BYTES
    for (let level = 1; level <= (levels[node] ?? 0); level += 1) {
      const list = await reader.at(position, linkBytes(m))
      if (!list || !isSound(list, m, (other) => (levels[other] ?? -1) >= level)) return false
      position += linkBytes(m)
    }
  }
  return true
}

/** The search begins at a node of the topmost level. */
function isEntrySound(header: Buffer, levels: Uint8Array): boolean {
  if (levels.length === 0) return true
  const top = levels.reduce((highest, level) => Math.max(highest, level), 0)
  return header.readInt32LE(48) === top && levels[header.readUInt32LE(52)] === top
}

async function faultIn(handle: FileHandle, shape: GraphShape): Promise<string | null> {
  const reader = new Reader(handle)
  const { size } = await handle.stat()
  if (size < HEADER_BYTES + shape.count * elementBytes(shape)) return 'size'
  const first = await reader.at(0, HEADER_BYTES)
  if (!first) return 'size'
  const header = Buffer.from(first)
  const fault = headerFault(header, shape)
  if (fault) return fault
  const levels = await readLevels(reader, shape, size)
  if (!levels) return 'size'
  return isEntrySound(header, levels) && (await areLinksSound(reader, shape, levels)) ? null : 'links'
}

/**
 * The field in which a file is not a whole graph of this shape, or null. hnswlib checks neither its stream when it
 * writes (a full disk leaves a short file and a report of success) nor a link when it follows it (one that leads
 * nowhere ends the process), so both are checked here.
 */
export async function structureFault(file: string, shape: GraphShape): Promise<string | null> {
  const handle = await open(file, 'r')
  try {
    return await faultIn(handle, shape)
  } finally {
    await handle.close()
  }
}

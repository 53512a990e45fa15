import type { Selection } from '../domain/ports.ts'
import type { VectorMatrix } from './matrix.ts'

/** Rows of a matrix at one of its versions. */
interface RowList {
  readonly matrix: VectorMatrix
  readonly version: number
  readonly rows: Uint32Array
}

const ofMatrix = new WeakMap<VectorMatrix, RowList>()
/** The store keeps the selection of a filter until something is written, so a filter that is asked again costs nothing. */
const ofSelection = new WeakMap<Selection, RowList>()

/** A selection of more than one in so many is found faster by asking it about each row than by looking up its keys. */
const ASK_FROM = 20

/** In memory that other threads can read. */
const listFor = (most: number): Uint32Array =>
  new Uint32Array(new SharedArrayBuffer(most * Uint32Array.BYTES_PER_ELEMENT))

/** In the order in which the vectors stand: memory is read fastest in its own order. */
function listOf(rows: Iterable<number>, most: number): Uint32Array {
  const list = listFor(most)
  let [count, last, isSorted] = [0, -1, true]
  for (const row of rows) {
    list[count] = row
    count += 1
    isSorted &&= row > last
    last = row
  }
  const rest = list.subarray(0, count)
  return isSorted ? rest : rest.sort()
}

function kept<Owner extends object>(
  lists: WeakMap<Owner, RowList>,
  of: { readonly owner: Owner; readonly matrix: VectorMatrix; readonly find: () => Uint32Array },
): Uint32Array {
  const { owner, matrix, find } = of
  const { version } = matrix
  const before = lists.get(owner)
  if (before?.matrix === matrix && before.version === version) return before.rows
  const rows = find()
  lists.set(owner, { matrix, version, rows })
  return rows
}

/** Every row in use; the list is shared and never changes. */
export function everyRow(matrix: VectorMatrix): Uint32Array {
  return kept(ofMatrix, { owner: matrix, matrix, find: () => listOf(matrix.rows(), matrix.size) })
}

function* rowsOfKeys(matrix: VectorMatrix, keys: Iterable<number>): Generator<number> {
  for (const key of keys) {
    const row = matrix.rowOfKey(key)
    if (row !== undefined) yield row
  }
}

function find(matrix: VectorMatrix, within: Selection): Uint32Array {
  if (within.size * ASK_FROM < matrix.size) return listOf(rowsOfKeys(matrix, within.keys()), within.size)
  const rows = everyRow(matrix)
  const list = listFor(Math.min(within.size, rows.length))
  let count = 0
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] as number
    if (!within.has(matrix.keyAt(row))) continue
    list[count] = row
    count += 1
  }
  return list.subarray(0, count)
}

/** The rows of the papers of a selection; the list is shared and never changes. */
export function rowsWithin(matrix: VectorMatrix, within: Selection): Uint32Array {
  return kept(ofSelection, { owner: within, matrix, find: () => find(matrix, within) })
}

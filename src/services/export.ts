import type { PaperRecord } from '../domain/paper.ts'
import type { Deps } from './deps.ts'

/** Nine significant digits name a 32-bit float exactly and keep the line short. */
const exactFloat = (value: number): number => Number(value.toPrecision(9))

/** Every paper with its vector, as records that `ingest` takes back without embedding again. */
export async function* exportPapers({ store, embedder }: Deps): AsyncGenerator<PaperRecord> {
  for await (const { paper, vector } of store.everything()) {
    yield { ...paper, embedding: Array.from(vector, exactFloat), embeddingModel: embedder.fingerprint }
  }
}

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ContextRequest } from '../../src/domain/context.ts'
import type { Paper } from '../../src/domain/paper.ts'
import { VerifyRequest } from '../../src/domain/verify.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { ingest } from '../../src/services/ingest.ts'
import { readSources } from '../../src/sources/read.ts'
import type { Library } from './library.ts'

const SAMPLE = fileURLToPath(new URL('../../data/sample.jsonl', import.meta.url))
const SEEDS = fileURLToPath(new URL('../../../shared/seeds', import.meta.url))

/** The sample corpus, and the real listing pages where they are there, with their sentences; gives all papers. */
export async function fillWithCorpus(deps: Library): Promise<Paper[]> {
  const paths = [SAMPLE, ...(existsSync(SEEDS) ? [SEEDS] : [])]
  await ingest(deps, readSources(paths, {}), { run: 'corpus' })
  await fillSentences(deps)
  const papers: Paper[] = []
  for await (const { paper } of deps.store.everything()) papers.push(paper)
  return papers
}

/** Requests as a face hands them in, with their defaults. */
export const contextRequest = (given: Partial<ContextRequest>): ContextRequest => ContextRequest.parse(given)
export const verifyRequest = (given: object): VerifyRequest => VerifyRequest.parse(given)

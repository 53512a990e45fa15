import type { CitationFormat } from '../../domain/bibliography.ts'
import type { StoredPaper } from '../../domain/ports.ts'
import type { Deps } from '../deps.ts'
import { bibtexEntry } from './bibtex.ts'
import type { Cited } from './cited.ts'
import { cslItem } from './csl-json.ts'
import { risRecord } from './ris.ts'

/** How many papers have their citation keys looked up at once. */
const BATCH = 500

interface Writing {
  readonly open: string
  readonly entry: (cited: Cited) => string
  readonly between: string
  readonly close: string
}

const WRITINGS: Record<CitationFormat, Writing> = {
  bibtex: { open: '', entry: bibtexEntry, between: '\n', close: '' },
  ris: { open: '', entry: risRecord, between: '\r\n', close: '' },
  'csl-json': { open: '[\n', entry: (cited) => JSON.stringify(cslItem(cited)), between: ',\n', close: '\n]\n' },
}

/** Papers with their citation keys, in order; one that was removed meanwhile is left out. */
async function cited(deps: Deps, papers: readonly StoredPaper[]): Promise<Cited[]> {
  const keys = await deps.store.citationKeys(papers.map(({ key }) => key))
  return papers.flatMap(({ key, paper }) => {
    const citationKey = keys.get(key)
    return citationKey === undefined ? [] : [{ paper, key: citationKey }]
  })
}

async function* batches(papers: AsyncIterable<StoredPaper>): AsyncGenerator<StoredPaper[]> {
  let batch: StoredPaper[] = []
  for await (const paper of papers) {
    batch.push(paper)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** The citation keys of papers, by their ids. */
export async function citationKeysOf(deps: Deps, ids: readonly string[]): Promise<Map<string, string>> {
  const found = (await deps.store.get(ids)).filter((stored) => stored !== null)
  return new Map((await cited(deps, found)).map(({ paper, key }) => [paper.id, key]))
}

/** The papers that have these ids as one text, in order; ids that no paper has are left out. */
export async function writeCitations(deps: Deps, format: CitationFormat, ids: readonly string[]): Promise<string> {
  const found = (await deps.store.get(ids)).filter((stored) => stored !== null)
  const { open, entry, between, close } = WRITINGS[format]
  return open + (await cited(deps, found)).map(entry).join(between) + close
}

/** Every paper of the library, piece by piece; `onPaper` is called before each. */
export async function* exportCitations(
  deps: Deps,
  format: CitationFormat,
  onPaper: () => void,
): AsyncGenerator<string> {
  const { open, entry, between, close } = WRITINGS[format]
  let before = open
  for await (const batch of batches(deps.store.everything())) {
    for (const each of await cited(deps, batch)) {
      onPaper()
      yield before + entry(each)
      before = between
    }
  }
  yield (before === open ? open : '') + close
}

import { arxivAtom } from './arxiv-atom.ts'
import { bibtex } from './bibtex.ts'
import { csv } from './csv.ts'
import type { SourceFormat } from './format.ts'
import { jsonArray } from './json-array.ts'
import { jsonl } from './jsonl.ts'
import { listingPage } from './listing-page.ts'

/** Every format that files may have; the first that recognises a text reads it. A new one is one line here. */
export const FORMATS: readonly SourceFormat[] = [jsonArray, jsonl, arxivAtom, listingPage, bibtex, csv]

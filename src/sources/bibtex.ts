import type { Creator } from '@retorquere/bibtex-parser'
import type { SourceItem } from '../domain/ports.ts'
import { type BibtexEntry, readEntries } from './bibtex-entries.ts'
import { nameOf, type ParsedEntry, parseEntry, parseStrings } from './bibtex-text.ts'
import { type Place, problem, type SourceFormat, type SourceInput, tooLarge } from './format.ts'
import { readLines } from './lines.ts'
import { fileItem } from './record.ts'

/** BibTeX and BibLaTeX. Citation keys are names within one file, so they become no ids. */
export const bibtex: SourceFormat = {
  name: 'BibTeX',
  detect: (head) =>
    /^\s*@\s*[A-Za-z]+\s*[{(]\s*[^\s,{}()=]*\s*[,=]/m.test(head) || /^\s*@(comment|preamble)\s*[{(]/im.test(head),
  parse: parseBibtex,
}

async function* parseBibtex({ source, text }: SourceInput): AsyncGenerator<SourceItem> {
  const strings: Record<string, string> = {}
  for await (const entry of readEntries(readLines(text))) {
    const place = { source, line: entry.line }
    if (!('text' in entry)) yield entryProblem(place, entry)
    else if (entry.type === 'string') Object.assign(strings, parseStrings(entry.text, strings))
    else if (entry.type !== 'comment' && entry.type !== 'preamble') yield toItem(place, parseEntry(entry.text, strings))
  }
}

function entryProblem(place: Place, entry: Exclude<BibtexEntry, { text: string }>): SourceItem {
  return 'tooLarge' in entry
    ? tooLarge(place)
    : problem(place, 'RECORD_BROKEN', `The entry cannot be parsed: ${entry.damage}.`)
}

function toItem(place: Place, entry: ParsedEntry | null): SourceItem {
  if (entry === null) return problem(place, 'RECORD_BROKEN', 'The entry is not valid BibTeX.')
  const text = (field: string): string | undefined => {
    const value = entry.fields[field]
    return typeof value === 'string' ? entry.textOf(value) : undefined
  }
  const archive = text('archiveprefix') ?? text('eprinttype') ?? ''
  const arxiv = /^arxiv$/i.test(archive) ? text('eprint') : undefined
  return fileItem(place, {
    title: text('title') ?? '',
    abstract: text('abstract'),
    ...authors(entry),
    date: text('date'),
    year: text('year')?.match(/\d{4}/)?.[0],
    venue: text('journaltitle') ?? text('journal') ?? text('booktitle'),
    categories: arxiv === undefined ? undefined : text('primaryclass'),
    arxivId: arxiv,
    doi: text('doi'),
    link: text('url'),
  })
}

/** The authors in reading order. "and others" names nobody. */
function authors({ fields, textOf }: ParsedEntry): { authors?: string[] } {
  const list = fields.author
  if (!Array.isArray(list)) return {}
  const names = list.map((creator: Creator | string) => textOf(typeof creator === 'string' ? creator : nameOf(creator)))
  return { authors: names.filter((name) => name !== '' && name !== 'others') }
}

import { SaxesParser, type SaxesTagPlain } from 'saxes'
import type { SourceItem } from '../domain/ports.ts'
import { type AtomEntry, readAtomEntries } from './atom-entries.ts'
import { type Place, problem, type SourceFormat, type SourceInput, tooLarge } from './format.ts'

/** A saved answer of the arXiv API (Atom). Entities other than XML's own are not resolved, DTDs not read. */
export const arxivAtom: SourceFormat = {
  name: 'arXiv Atom',
  detect: (head) => /^\s*<(\?xml|!--|([\w-]+:)?feed[\s>])/.test(head) && /<([\w-]+:)?feed[\s>]/.test(head),
  parse: parseAtom,
}

async function* parseAtom({ source, text }: SourceInput): AsyncGenerator<SourceItem> {
  for await (const entry of readAtomEntries(text)) yield toItem({ source, line: entry.line }, entry)
}

function toItem(place: Place, entry: AtomEntry): SourceItem {
  if ('tooLarge' in entry) return tooLarge(place)
  if ('damage' in entry) return problem(place, 'RECORD_BROKEN', `The entry cannot be parsed: ${entry.damage}.`)
  const parsed = parseEntry(entry.text)
  if (typeof parsed === 'string') return problem(place, 'RECORD_BROKEN', `The entry is not well-formed XML: ${parsed}`)
  const [id = ''] = parsed.texts.get('id') ?? []
  if (/\/api\/errors/.test(id)) {
    return problem(place, 'RECORD_INVALID', `arXiv answered with an error: ${parsed.texts.get('summary')?.[0] ?? ''}`)
  }
  return { ...place, record: toRecord(parsed, id) }
}

function toRecord({ texts, categories, link }: ParsedEntry, id: string): Record<string, unknown> {
  const first = (path: string): string | undefined => texts.get(path)?.find((text) => text !== '')
  const arxivId = /^https?:\/\/arxiv\.org\/abs\/(.+?)(v\d+)?$/.exec(id)?.[1]
  const url = link ?? (/^https?:/.test(id) ? id : undefined)
  const record = {
    title: first('title') ?? '',
    abstract: first('summary'),
    authors: (texts.get('author/name') ?? []).filter((name) => name !== ''),
    publishedAt: first('published')?.slice(0, 10),
    venue: first('journal_ref'),
    categories: [...categories],
    arxivId,
    doi: first('doi'),
    url,
  }
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

interface ParsedEntry {
  /** Texts by the path of local names below the entry, white space collapsed: `title`, `author/name`. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** The primary category first. */
  readonly categories: ReadonlySet<string>
  readonly link: string | undefined
}

/** The message of what is wrong where the entry is not well-formed. */
function parseEntry(text: string): ParsedEntry | string {
  const texts = new Map<string, string[]>()
  const tags: SaxesTagPlain[] = []
  const path: { readonly name: string; text: string }[] = []
  const faults: string[] = []
  const append = (part: string): void => {
    for (const element of path.slice(-1)) element.text += part
  }
  const parser = new SaxesParser()
  parser.on('error', (error) => faults.push(error.message))
  parser.on('text', append)
  parser.on('cdata', append)
  parser.on('opentag', (tag) => {
    tags.push(tag)
    path.push({ name: localName(tag.name), text: '' })
  })
  parser.on('closetag', () => {
    const names = path.slice(1).map((element) => element.name)
    const value = path.pop()?.text.replace(/\s+/g, ' ').trim() ?? ''
    texts.set(names.join('/'), [...(texts.get(names.join('/')) ?? []), value])
  })
  parser.write(text).close()
  const [fault] = faults
  return fault ?? { texts, ...attributesOf(tags) }
}

function attributesOf(tags: readonly SaxesTagPlain[]): Omit<ParsedEntry, 'texts'> {
  const terms = (name: string): string[] =>
    tags.filter((tag) => localName(tag.name) === name).flatMap((tag) => tag.attributes.term ?? [])
  const links = tags.filter((tag) => localName(tag.name) === 'link' && tag.attributes.rel === 'alternate')
  return { categories: new Set([...terms('primary_category'), ...terms('category')]), link: links[0]?.attributes.href }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

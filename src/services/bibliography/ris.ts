import { cleanLatex } from '../../domain/latex.ts'
import { withoutFormatting } from '../../domain/markup.ts'
import { invertedName, personName } from '../../domain/person-name.ts'
import { addressOf, type Cited, dateParts, publicationOf } from './cited.ts'

const TYPES = { journal: 'JOUR', proceedings: 'CPAPER', preprint: 'GEN' } as const

/** One line of text: a line that began like a tag would be one. */
const plain = (text: string): string =>
  cleanLatex(withoutFormatting(text))
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()

function nameOf(author: string): string {
  const name = personName(author)
  return plain('literal' in name ? name.literal : invertedName(name, [name.given, name.suffix]))
}

function dateOf(parts: readonly number[]): string | null {
  if (parts.length < 3) return null
  return parts.map((part) => String(part).padStart(2, '0')).join('/')
}

/** A paper as a RIS record, its lines unfolded; LaTeX becomes Unicode. */
export function risRecord({ paper, key }: Cited): string {
  const date = dateParts(paper)
  const lines: [tag: string, value: string | null][] = [
    ['TY', TYPES[publicationOf(paper)]],
    ['ID', key],
    ['TI', plain(paper.title)],
    ...paper.authors.map((author): [string, string] => ['AU', nameOf(author)]),
    ['PY', date[0] === undefined ? null : String(date[0])],
    ['DA', dateOf(date)],
    ['T2', paper.venue === null ? null : plain(paper.venue)],
    ['AN', paper.arxivId === null ? null : `arXiv:${paper.arxivId}`],
    ['DO', paper.doi],
    ['UR', addressOf(paper)],
    ['AB', paper.abstract === '' ? null : plain(paper.abstract)],
    ...paper.categories.map((category): [string, string] => ['KW', plain(category)]),
    ['ER', ''],
  ]
  return lines.flatMap(([tag, value]) => (value === null ? [] : [`${tag}  - ${value}\r\n`])).join('')
}

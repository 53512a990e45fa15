import type { Paper } from '../../domain/paper.ts'
import { invertedName, type PersonName, personName } from '../../domain/person-name.ts'
import { addressOf, type Cited, dateParts, publicationOf } from './cited.ts'
import { latexText, latexTitle } from './latex-text.ts'

const TYPES = { journal: 'article', proceedings: 'inproceedings', preprint: 'misc' } as const
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const braced = (text: string): string => `{${text}}`

/** Braces keep a part whole that BibTeX would divide: at "and", and before a word in lower case. */
const part = (text: string): string =>
  text !== '' && /(^|\s)\p{Ll}/u.test(text) ? braced(latexText(text)) : latexText(text)

function nameOf(name: PersonName): string {
  if ('literal' in name) return braced(latexText(name.literal))
  const { particle, family, given, suffix } = name
  const named = { particle: latexText(particle), family: part(family), given: '', suffix: '' }
  return invertedName(named, [latexText(suffix), / and /i.test(` ${given} `) ? part(given) : latexText(given)])
}

/** "and others" where the source named fewer authors than there are. */
function authorsOf({ authors, authorCount }: Paper): string | null {
  if (authors.length === 0) return null
  const names = authors.map((author) => nameOf(personName(author)))
  return [...names, ...(authorCount !== null && authorCount > authors.length ? ['others'] : [])].join(' and ')
}

/** Identifiers and addresses are read as they are; only what would end the field or the line is encoded. */
const verbatim = (text: string): string => text.replace(/[{}\\\s]/g, encodeURIComponent)

/** A paper as a BibTeX entry in UTF-8, for BibTeX and BibLaTeX. */
export function bibtexEntry({ paper, key }: Cited): string {
  const kind = publicationOf(paper)
  const [year, month] = dateParts(paper)
  const { arxivId, categories } = paper
  const url = addressOf(paper)
  const fields: [name: string, value: string | null][] = [
    ['title', latexTitle(paper.title)],
    ['author', authorsOf(paper)],
    ['year', year === undefined ? null : String(year)],
    [kind === 'proceedings' ? 'booktitle' : 'journal', paper.venue === null ? null : latexText(paper.venue)],
    ['eprint', arxivId],
    ['archiveprefix', arxivId === null ? null : 'arXiv'],
    ['primaryclass', arxivId === null ? null : latexText(categories[0] ?? '') || null],
    ['doi', paper.doi === null ? null : verbatim(paper.doi)],
    ['url', url === null ? null : verbatim(url)],
    ['abstract', paper.abstract === '' ? null : latexText(paper.abstract)],
  ]
  const lines = fields.flatMap(([name, value]) => (value === null ? [] : [`  ${name} = ${braced(value)},\n`]))
  const monthName = month === undefined ? undefined : MONTHS[month - 1]
  if (monthName !== undefined) lines.push(`  month = ${monthName},\n`)
  return `@${TYPES[kind]}{${key},\n${lines.join('')}}\n`
}

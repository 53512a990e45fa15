import type { CslItem } from '../../domain/bibliography.ts'
import { cleanLatex } from '../../domain/latex.ts'
import { withoutFormatting } from '../../domain/markup.ts'
import { personName } from '../../domain/person-name.ts'
import { addressOf, type Cited, dateParts, publicationOf } from './cited.ts'

const TYPES = { journal: 'article-journal', proceedings: 'paper-conference', preprint: 'article' } as const

const plain = (text: string): string => cleanLatex(withoutFormatting(text))

function nameOf(author: string): NonNullable<CslItem['author']>[number] {
  const name = personName(author)
  if ('literal' in name) return name
  const { family, given, particle, suffix } = name
  return { family, given, ...(particle && { 'non-dropping-particle': particle }), ...(suffix && { suffix }) }
}

/** A paper as CSL-JSON; LaTeX becomes Unicode. */
export function cslItem({ paper, key }: Cited): CslItem {
  const { venue, arxivId, doi, categories } = paper
  const date = dateParts(paper)
  const url = addressOf(paper)
  return {
    id: key,
    'citation-key': key,
    type: TYPES[publicationOf(paper)],
    title: plain(paper.title),
    ...(paper.authors.length > 0 && { author: paper.authors.map(nameOf) }),
    ...(date.length > 0 && { issued: { 'date-parts': [date] } }),
    ...(venue !== null && { 'container-title': plain(venue) }),
    ...(venue === null && arxivId !== null && { publisher: 'arXiv' }),
    ...(arxivId !== null && { number: `arXiv:${arxivId}` }),
    ...(doi !== null && { DOI: doi }),
    ...(url !== null && { URL: url }),
    ...(paper.abstract !== '' && { abstract: plain(paper.abstract) }),
    ...(categories.length > 0 && { keyword: categories.map(plain).join(', ') }),
    custom: { id: paper.id },
  }
}

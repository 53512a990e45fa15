import type { Paper } from '../domain/paper.ts'
import type { PaperPage } from '../domain/query.ts'
import { block, counted, printable, type Style } from './style.ts'

const AUTHORS_SHOWN = 12

function authorsOf({ authors, authorCount, organization }: Paper): string | null {
  if (authors.length === 0) return organization?.name ?? (authorCount === null ? null : counted(authorCount, 'author'))
  const others = Math.max(authors.length, authorCount ?? 0) - Math.min(authors.length, AUTHORS_SHOWN)
  const named = authors.slice(0, AUTHORS_SHOWN).join(', ')
  return others > 0 ? `${named} and ${others} more` : named
}

function dateOf({ publishedAt, dateInferred, year }: Paper): string | null {
  if (!publishedAt) return year === null ? null : String(year)
  return dateInferred ? `${publishedAt} (year inferred)` : publishedAt
}

const FIELDS: readonly (readonly [name: string, value: (paper: Paper) => string | null])[] = [
  ['Authors', authorsOf],
  ['Date', dateOf],
  ['Venue', ({ venue }) => venue],
  ['Topics', ({ categories }) => categories.join(', ') || null],
  ['arXiv', ({ arxivId }) => arxivId],
  ['DOI', ({ doi }) => doi],
  ['Link', ({ url }) => url],
  ['Sources', ({ sources }) => sources.join(', ')],
  ['Id', ({ id }) => id],
]
const NAME_WIDTH = 9

/** A paper in full, for people. */
export function renderPaper(paper: Paper, style: Style): string {
  const title = block(paper.title, 0, style).map((line) => style.paint('bold', line))
  const fields = FIELDS.flatMap(([name, value]) => {
    const shown = value(paper)
    if (shown === null || shown === '') return []
    const [first = '', ...rest] = block(shown, NAME_WIDTH, style)
    return [style.paint('dim', name.padEnd(NAME_WIDTH)) + first.slice(NAME_WIDTH), ...rest]
  })
  const abstract = paper.abstract ? ['', ...block(paper.abstract, 0, style)] : []
  return `${[...title, ...fields, ...abstract].join('\n')}\n`
}

/** A page of papers, two lines each. */
export function renderPapers(page: PaperPage, style: Style): string {
  return page.data
    .map(({ title, publishedAt, year, id }) => {
      const titles = block(title, 0, style).map((line) => style.paint('bold', line))
      const about = [publishedAt ?? year, printable(id)].filter((part) => part !== null).join(' · ')
      return `${[...titles, `  ${style.paint('dim', about)}`].join('\n')}\n`
    })
    .join('')
}

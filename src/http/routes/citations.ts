import { createRoute, z } from '@hono/zod-openapi'
import type { CitationFormat } from '../../domain/bibliography.ts'
import { LIMITS } from '../../domain/paper.ts'
import { getPaper } from '../../services/papers.ts'
import { citationContent, sendCitations } from '../citations.ts'
import { PaperPath } from '../paper-path.ts'
import { NoQuery } from '../query.ts'
import { defineRoute, problems } from '../route.ts'

interface Citation {
  readonly format: CitationFormat
  readonly extension: string
  readonly name: string
}

/**
 * A paper under its address with an extension. Braces in a parameter hold the pattern that it must match; the
 * documentation shows the path without (openapi.ts).
 */
const citationRoute = ({ format, extension, name }: Citation) =>
  defineRoute(
    createRoute({
      method: 'get',
      path: `/v1/papers/{id{.+\\.${extension.replace('.', '\\.')}}}`,
      operationId: `getPaperAs${name.replace('-', '')}`,
      summary: `One paper as ${name}`,
      tags: ['Papers'],
      request: {
        params: z.strictObject({
          id: z
            .string()
            .max(LIMITS.name + extension.length + 1)
            .transform((id) => id.slice(0, -extension.length - 1))
            .pipe(PaperPath.shape.id),
        }),
        query: NoQuery,
      },
      responses: {
        200: { description: 'The paper, under its citation key.', content: citationContent },
        ...problems('PAPER_NOT_FOUND'),
      },
    }),
    async (c) => sendCitations(c, format, [await getPaper(c.var.kindred.deps, c.req.valid('param').id)]),
  )

/** These stand before `/v1/papers/{id}`, which takes any id. */
export const citationRoutes = [
  citationRoute({ format: 'bibtex', extension: 'bib', name: 'BibTeX' }),
  citationRoute({ format: 'ris', extension: 'ris', name: 'RIS' }),
  citationRoute({ format: 'csl-json', extension: 'csl.json', name: 'CSL-JSON' }),
]

import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { CitationFormat, CslItem } from '../domain/bibliography.ts'
import { writeCitations } from '../services/bibliography/write.ts'
import type { HttpEnv } from './context.ts'
import { json } from './route.ts'

/** What BibTeX, RIS and CSL-JSON are registered as, or known as where they are not. */
const MEDIA_TYPES = {
  bibtex: 'application/x-bibtex',
  ris: 'application/x-research-info-systems',
  'csl-json': 'application/vnd.citationstyles.csl+json',
} as const satisfies Record<CitationFormat, string>
const JSON_TYPE = 'application/json'

export const AnswerFormat = z
  .enum(['json', ...CitationFormat.options])
  .optional()
  .meta({ description: 'The papers for a reference manager instead of JSON; the Accept header can say so too.' })
type AnswerFormat = z.infer<typeof AnswerFormat>

/** The only parameter of routes that are asked by a body, and answer papers. */
export const FormatQuery = z.strictObject({ format: AnswerFormat })

/** What citations are answered as, for the documentation of a route. */
export const citationContent = {
  [MEDIA_TYPES.bibtex]: { schema: z.string() },
  [MEDIA_TYPES.ris]: { schema: z.string() },
  [MEDIA_TYPES['csl-json']]: { schema: z.array(CslItem) },
}

/** An answer of JSON that may also come as citations. */
export const orCitations = <T extends z.ZodType>(schema: T, description: string) => {
  const { content } = json(schema, description)
  return { description, content: { ...content, ...citationContent } }
}

/** Papers as citations, in order. */
export async function sendCitations(
  c: Context<HttpEnv>,
  format: CitationFormat,
  papers: readonly { readonly id: string }[],
): Promise<Response> {
  const text = await writeCitations(
    c.var.kindred.deps,
    format,
    papers.map(({ id }) => id),
  )
  const type = MEDIA_TYPES[format]
  return c.body(text, 200, { 'Content-Type': format === 'csl-json' ? type : `${type}; charset=utf-8` })
}

/** The form that was asked for: by the parameter, else by the Accept header; null for JSON. */
export function citationFormat(c: Context<HttpEnv>, format: AnswerFormat): CitationFormat | null {
  if (format !== undefined) return format === 'json' ? null : format
  const supports = [JSON_TYPE, ...Object.values(MEDIA_TYPES)]
  const accepted = accepts(c, { header: 'Accept', supports, default: JSON_TYPE })
  c.header('Vary', 'Accept')
  return CitationFormat.options.find((each) => MEDIA_TYPES[each] === accepted) ?? null
}

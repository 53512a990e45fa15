import { z } from 'zod'

/** Forms in which reference managers and text processors take papers. */
export const CitationFormat = z.enum(['bibtex', 'ris', 'csl-json'])
export type CitationFormat = z.infer<typeof CitationFormat>

const CslName = z.union([
  z.object({
    family: z.string(),
    given: z.string(),
    'non-dropping-particle': z.string().optional(),
    suffix: z.string().optional(),
  }),
  z.object({ literal: z.string() }),
])

/** A paper as citeproc takes it (CSL-JSON 1.0.2); `id` is the citation key, `custom.id` the id in Kindred. */
export const CslItem = z
  .object({
    id: z.string(),
    'citation-key': z.string(),
    type: z.enum(['article-journal', 'paper-conference', 'article']),
    title: z.string(),
    author: z.array(CslName).optional(),
    issued: z.object({ 'date-parts': z.array(z.array(z.int())) }).optional(),
    'container-title': z.string().optional(),
    publisher: z.string().optional(),
    number: z.string().optional(),
    DOI: z.string().optional(),
    URL: z.string().optional(),
    abstract: z.string().optional(),
    keyword: z.string().optional(),
    custom: z.object({ id: z.string() }),
  })
  .meta({ id: 'CslItem' })
export type CslItem = z.infer<typeof CslItem>

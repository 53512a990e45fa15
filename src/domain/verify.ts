import { z } from 'zod'
import { MAX_TEXT } from './query.ts'

/** Each is looked up and compared on its own; more of them are more than one answer. */
export const MAX_QUOTES = 200
const MAX_QUOTE = 10_000
const MAX_CITATIONS = 500

const QuoteGiven = z.union([
  z.string().trim().min(1, 'must not be empty').max(MAX_QUOTE),
  z.strictObject({
    text: z.string().trim().min(1, 'must not be empty').max(MAX_QUOTE),
    key: z.string().trim().min(1).max(200).optional().meta({ description: 'The citation key that it is ascribed to.' }),
  }),
])

export const VerifyRequest = z
  .strictObject({
    answer: z.string().min(1, 'must not be empty').max(MAX_TEXT).optional().meta({
      description: 'A text with quotes in quotation marks and citation keys in square brackets.',
    }),
    quotes: z.array(QuoteGiven).min(1).max(MAX_QUOTES).optional(),
    citations: z
      .array(z.looseObject({ key: z.string().min(1).max(200), id: z.string().min(1) }))
      .max(MAX_CITATIONS)
      .default([])
      .meta({ description: 'What keys stand for, as a context gave them; others are looked up among all papers.' }),
    minWords: z.int().min(1).max(50).default(4).meta({
      description: 'Shorter texts in quotation marks of an answer are terms, not quotes.',
    }),
  })
  .refine(({ answer, quotes }) => (answer === undefined) !== (quotes === undefined), {
    message: 'give either an answer, or quotes',
  })
  .meta({ id: 'VerifyRequest' })
export type VerifyRequest = z.infer<typeof VerifyRequest>

/** From best to worst. */
export const Verdict = z.enum(['exact', 'close', 'altered', 'missing']).meta({
  description:
    'exact: word by word, whatever the case, punctuation and markup; close: other articles or inflections; altered: a word, ' +
    'a number or a negation is another; missing: no paper says so, or not the one that is cited.',
})
export type Verdict = z.infer<typeof Verdict>

const QuoteSource = z.object({
  id: z.string(),
  key: z.string().nullable(),
  title: z.string(),
  field: z.enum(['title', 'abstract']),
  start: z.int().meta({ description: 'Where it stands in the field as it was given, in UTF-16 code units.' }),
  end: z.int(),
  text: z.string().meta({ description: 'What stands there, without markup and what is invisible.' }),
})
export type QuoteSource = z.infer<typeof QuoteSource>

const QuoteChange = z.object({
  kind: z.enum(['number', 'negation', 'words', 'form']),
  quoted: z.string(),
  stored: z.string(),
})
export type QuoteChange = z.infer<typeof QuoteChange>

const CheckedQuote = z.object({
  quote: z.string(),
  start: z.int().nullable().meta({ description: 'Where it stands in the answer; null where quotes were given.' }),
  end: z.int().nullable(),
  keys: z.array(z.string()).meta({ description: 'The citation keys that it is ascribed to.' }),
  verdict: Verdict,
  similarity: z.number().meta({ description: 'The share of its words that stand in the source, in order.' }),
  source: QuoteSource.nullable(),
  changes: z.array(QuoteChange),
  elsewhere: QuoteSource.nullable().meta({ description: 'Another paper than the cited one that holds the quote.' }),
})
export type CheckedQuote = z.infer<typeof CheckedQuote>

const CheckedKey = z.object({
  key: z.string(),
  start: z.int().nullable(),
  end: z.int().nullable(),
  verdict: z.enum(['exact', 'missing']),
  id: z.string().nullable(),
  title: z.string().nullable(),
})
export type CheckedKey = z.infer<typeof CheckedKey>

export const Verification = z
  .object({
    ok: z.boolean().meta({ description: 'Every quote is exact or close, and every key that of a paper.' }),
    quotes: z.array(CheckedQuote),
    keys: z.array(CheckedKey),
    generation: z.int(),
  })
  .meta({ id: 'Verification' })
export type Verification = z.infer<typeof Verification>

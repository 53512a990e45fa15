import { z } from 'zod'
import { type CheckedQuote, type QuoteSource, type Verification, VerifyRequest } from '../../domain/verify.ts'
import { sanitise } from '../../services/context/sanitise.ts'
import { verifyAnswer } from '../../services/verify/verify-answer.ts'
import { parseArguments } from '../arguments.ts'
import { shortened } from '../hits.ts'
import { defineTool } from '../tool.ts'

const MAX_ANSWER = 50_000
const MAX_QUOTES = 50
const MAX_QUOTE = 2_000
const MAX_CHANGES = 10
const MAX_TEXT = 400
const MAX_KEYS = 200

const source = ({ id, key, text }: QuoteSource) => ({ id, key, text: shortened(text, MAX_TEXT) })

/** What stands is told in a word; what does not, with what would be right. */
function checked({ quote, keys, verdict, source: found, changes, elsewhere }: CheckedQuote) {
  const told = { quote: shortened(quote, MAX_TEXT), keys: keys.slice(0, MAX_CHANGES), verdict }
  if (verdict === 'exact') return told
  return {
    ...told,
    ...(found && { source: source(found) }),
    ...(changes.length > 0 && {
      changes: changes.slice(0, MAX_CHANGES).map(({ kind, quoted, stored }) => ({
        kind,
        quoted: shortened(quoted, MAX_TEXT),
        stored: shortened(sanitise(stored), MAX_TEXT),
      })),
    }),
    ...(elsewhere && { elsewhere: source(elsewhere) }),
  }
}

const holds = ({ verdict }: CheckedQuote): boolean => verdict === 'exact' || verdict === 'close'

/** Quotes that do not stand come first: of a long answer not all are shown. */
const shown = ({ ok, quotes, keys }: Verification) => ({
  ok,
  quotesChecked: quotes.length,
  quotes: [...quotes.filter((quote) => !holds(quote)), ...quotes.filter(holds)].slice(0, MAX_QUOTES).map(checked),
  unknownKeys: [...new Set(keys.flatMap(({ key, verdict }) => (verdict === 'missing' ? [key] : [])))].slice(
    0,
    MAX_KEYS,
  ),
})

export const verifyQuotes = defineTool({
  name: 'verify_quotes',
  title: 'Verify quotes',
  description:
    'Check the quotes and [citation keys] of an answer, or quotes alone, word by word against the papers: exact, close, altered or missing. Call it before showing quotes to anybody.',
  input: z
    .strictObject({
      answer: z.string().min(1).max(MAX_ANSWER).optional(),
      quotes: z
        .array(z.strictObject({ text: z.string().min(1).max(MAX_QUOTE), key: z.string().min(1).max(200).optional() }))
        .min(1)
        .max(MAX_QUOTES)
        .optional(),
    })
    .refine(({ answer, quotes }) => (answer === undefined) !== (quotes === undefined), {
      message: 'give either answer or quotes',
    }),
  run: async (deps, given) => ({ structured: shown(await verifyAnswer(deps, parseArguments(VerifyRequest, given))) }),
})

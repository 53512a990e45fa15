import { LRUCache } from 'lru-cache'
import { aliasesOfReference, titleAlias } from '../domain/identity.ts'
import { queryText } from '../domain/passage.ts'
import { queryTerms } from '../domain/terms.ts'

/** What the words of a question say by themselves, whatever library is asked. */
export interface QuestionText {
  /** As the model shall read it. */
  readonly query: string
  /** Its words for the lexical side, without stop words. */
  readonly terms: readonly string[]
  /** Of the paper whose title or id it may be. */
  readonly aliases: readonly string[]
}

/** Of all questions that are remembered, in UTF-16 code units, and what one holds beside its text. */
const [MOST_CHARACTERS, OVERHEAD] = [1024 * 1024, 200]

const asked = new LRUCache<string, QuestionText>({
  maxSize: MOST_CHARACTERS,
  sizeCalculation: (_, query) => query.length + OVERHEAD,
})

/** Questions are asked again, page by page and with other parameters. */
export function readQuestion(query: string): QuestionText {
  const known = asked.get(query)
  if (known) return known
  const cleaned = queryText(query)
  const aliases = [titleAlias(query), ...aliasesOfReference(query.trim())]
  const text = { query: cleaned, terms: queryTerms(cleaned), aliases }
  asked.set(query, text)
  return text
}

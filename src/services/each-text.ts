import { fail } from '../domain/errors.ts'
import { isOfTheText } from './embed-each.ts'

/** Enough to keep every worker busy, few enough that other requests get their turn in between. */
const AT_ONCE = 64

async function named<Result>(work: Promise<Result>, path: string): Promise<Result> {
  try {
    return await work
  } catch (cause) {
    if (!isOfTheText(cause)) throw cause
    const issues = [{ path, message: cause.message }]
    return fail('EMBEDDING_FAILED', `${path}: ${cause.message}`, { issues, cause })
  }
}

interface NamedTexts {
  readonly texts: readonly string[]
  /** What the list is called in the request; a text that the model fails at is named by it and its index. */
  readonly name: string
}

/** Does the same with each text, some at a time, in order. Throws what the work throws; EMBEDDING_FAILED names the text. */
export async function eachText<Result>(
  { texts, name }: NamedTexts,
  work: (text: string) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  while (results.length < texts.length) {
    const from = results.length
    const part = texts.slice(from, from + AT_ONCE)
    results.push(...(await Promise.all(part.map((text, at) => named(work(text), `${name}.${from + at}`)))))
  }
  return results
}

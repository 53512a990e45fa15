/** Words that stand in nearly every abstract: as search terms they cost time and say nothing. */
const STOP_WORDS = new Set(
  `a about all also an and any are as at be been being between both but by can could did do does doing for from had has
  have having how i if in into is it its me more most my no nor not of on or our over own same should so some such than
  that the their them then there these they this those through to too under up use used using very via was we were what
  when where which while who whom whose why will with would you your`.split(/\s+/),
)

/** More than any question holds; a pasted abstract is cut here. */
const MAX_TERMS = 128

/**
 * The words of a question for the lexical side: lower case, each once, without stop words (unless it has no others).
 * Any input is safe: what is not a letter or a digit only parts words.
 */
export function queryTerms(text: string): string[] {
  const words = [
    ...new Set(
      text
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [],
    ),
  ]
  const telling = words.filter((word) => !STOP_WORDS.has(word))
  return (telling.length > 0 ? telling : words).slice(0, MAX_TERMS)
}

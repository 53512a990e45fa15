/** Tags that publishers leave in abstracts (HTML, JATS, MathML); anything else between angle brackets is text. */
const FORMATTING =
  /[<‹]\/?(?:i|b|em|strong|sub|sup|p|br|u|tt|span|sc|inf|italic|bold|sec|title|jats:[a-z-]{1,20}|mml:[a-z-]{1,20})(?:\s[^<>‹›]{0,200})?\s?\/?[>›]/gi

/** Text without formatting tags; what stood between them stays. */
export const withoutFormatting = (text: string): string => text.replace(FORMATTING, '')

/** The same length again: each tag as so many spaces. */
export const blankedFormatting = (text: string): string => text.replace(FORMATTING, (tag) => ' '.repeat(tag.length))

const TAGS = /[\u{E0020}-\u{E007E}]/gu
/** Controls, format characters (zero width, bidirectional, tags), fillers, lone surrogates and what has no meaning. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]/gu
/** What white space is, but for the zero-width no-break space, which parts no words. */
const BLANKS = /[\p{Z}\t\n\v\f\r\x85]+/gu
/** More marks on one letter than any script writes. */
const HEAPED_MARKS = /(\p{M}{4})\p{M}+/gu

/** Text with nothing in it that cannot be seen: white space as single spaces, heaps of combining marks cut. */
export const visibleText = (text: string): string =>
  text.replace(BLANKS, ' ').replace(INVISIBLE, '').replace(HEAPED_MARKS, '$1').trim()

/** A text without what cannot be seen, character by character: line breaks, tabs and other white space stay. */
export const visibleCharacters = (text: string): string =>
  text.replace(INVISIBLE, (character) => (character === '\n' || character === '\t' ? character : ''))

/** The same line by line, with the ASCII that tag characters hide brought to light. */
export const revealedText = (text: string): string =>
  text
    .replace(TAGS, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000))
    .split('\n')
    .map(visibleText)
    .join('\n')

/** Soft hyphens, joiners and variation selectors stand in honest text too; these never tell on an author. */
const COMMON = /\u00AD|\u200C|\u200D|\u200E|[\uFE00-\uFE0F]|\uFEFF/gu

/** Whether a text holds invisible characters that no honest abstract needs. */
export const hidesCharacters = (text: string): boolean =>
  text.replace(BLANKS, ' ').replace(COMMON, '').search(INVISIBLE) >= 0 ||
  /\p{L}[\u200B-\u200D\u2060\uFEFF]\p{ASCII}/u.test(text)

import { cleanLatex } from '../../domain/latex.ts'
import { withoutFormatting } from '../../domain/markup.ts'
import { visibleText } from '../../domain/visible.ts'

/** A run without a break costs a tokenizer the square of its length; no word is as long. */
const LONG_RUN = /([\p{L}\p{M}]{200}|[^\s\p{L}\p{N}]{200})(?=\S)/gu

type Rule = readonly [pattern: RegExp, replacement: string | ((match: string) => string)]

/** What makes text act rather than be read, and what is left of it: the same to a reader, nothing to a program. */
const RULES: readonly Rule[] = [
  // Tags, comments, special tokens and marks of a frame. A comparison such as "p < 0.05" keeps its sign.
  [/[＜﹤]|<(?![\s\d=.$−])/g, '‹'],
  [/[＞﹥]|(?<=[|/-])>/g, '›'],
  [/>{2,}/g, (run) => '›'.repeat(run.length)],
  // Links and images of Markdown, its definitions and its code.
  [/\](?=[([:])/g, '] '],
  [/!(?=\[)/g, '! '],
  [/`/g, "'"],
  [/~{2,}/g, '~'],
  // Addresses that a page would turn into a link.
  [/\b([a-z][a-z0-9+.-]{1,15}:)(?=\/\/)/gi, '$1 '],
  [/\b((?:mailto|xmpp|javascript|data|vbscript|tel):)(?=\S)/gi, '$1 '],
  [/\b(www\.)(?=\S)/gi, '$1 '],
  [/(?<=[\w.+-])@(?=[\w-]+\.)/g, ' @ '],
  // Roles of a conversation: a colon that looks the same, and brackets that mean nothing.
  [/\b(SYSTEM|System|ASSISTANT|Assistant|USER|User|HUMAN|Human|DEVELOPER|Developer|AI):/g, '$1∶'],
  [/\[(\/?(?:INST|SYS|SYSTEM|USER|ASSISTANT|TOOL[A-Z_]{0,20}))\]/gi, '($1)'],
]

const neutral = (text: string): string =>
  RULES.reduce(
    (done, [pattern, replacement]) =>
      typeof replacement === 'string' ? done.replace(pattern, replacement) : done.replace(pattern, replacement),
    text,
  )

/**
 * Text of a paper as it may stand in front of a language model: one line, LaTeX and formatting tags cleaned, nothing
 * invisible, no live link, image, tag or role. The words stay, also those of an attack: flags.ts names it.
 */
export function sanitise(text: string): string {
  const plain = visibleText(withoutFormatting(cleanLatex(visibleText(text))))
  return neutral(plain.normalize('NFC')).replace(LONG_RUN, '$1 ').replace(/ {2,}/g, ' ').trim()
}

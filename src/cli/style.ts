import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** How text is laid out for one stream. */
export interface Style {
  /** Columns. */
  readonly width: number
  paint(format: Format, text: string): string
}

/** Where no terminal tells its width. */
const PLAIN_WIDTH = 80
/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 110
const NARROWEST = 40

export const PLAIN: Style = { width: PLAIN_WIDTH, paint: (_format, text) => text }

interface Screen {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Colours on a terminal only, and none where NO_COLOR is set (https://no-color.org). */
export function styleOf(screen: Screen, env: Readonly<Record<string, string | undefined>>): Style {
  if (!screen.isTTY) return PLAIN
  const width = Math.min(WIDEST, Math.max(NARROWEST, screen.columns ?? PLAIN_WIDTH))
  if (env.NO_COLOR) return { ...PLAIN, width }
  return { width, paint: (format, text) => styleText(format, text, { validateStream: false }) }
}

/** Papers come from anywhere: control characters in them must not reach the terminal as commands. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/** The lines of a text, each at most `width` characters; a longer word stands on a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of printable(text).split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && longer.length > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, line]
}

/** A text wrapped into the columns right of `indent`. */
export const block = (text: string, indent: number, style: Style): string[] =>
  wrap(text, Math.max(1, style.width - indent)).map((line) => ' '.repeat(indent) + line)

const NUMBER = new Intl.NumberFormat('en-US')

/** `1,024` */
export const grouped = (value: number): string => NUMBER.format(value)

/** `1 paper`, `1,024 papers` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`

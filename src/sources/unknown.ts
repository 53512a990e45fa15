import { looksBinary } from './text.ts'

const HTML = /^\s*(<!--[\s\S]*?-->\s*)*<(!doctype html|html|head|body)[\s>]/i

/** Whether the text is a web page. It may hold the lines of any other format, so it is recognised first. */
export function looksLikeHtml(head: string): boolean {
  return HTML.test(head)
}

/** What a text that no format recognises seems to be, and what to give instead where that is known. */
export function describeUnknown(head: string): string | undefined {
  if (head.startsWith('%PDF')) return 'It is a PDF. Give its title and abstract as BibTeX, CSV or JSON.'
  if (looksBinary(head)) return 'It is binary data, not text.'
  if (looksLikeHtml(head))
    return 'It looks like an HTML page. Save the text of the page, or use an export (BibTeX, CSV, JSON).'
  if (/^\s*<\?xml|^\s*<[A-Za-z]/.test(head)) return 'It looks like XML, but not like an Atom feed of arXiv.'
  if (/^\s*\{/.test(head)) return 'It is one JSON object. Give one object a line (JSONL), or an array of objects.'
  return undefined
}

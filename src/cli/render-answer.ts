import type { AnswerEnd } from '../domain/ask.ts'
import type { Citation } from '../domain/context.ts'
import { counted, printable, type Style } from './style.ts'

/** What an answer cites, in its order. */
export function renderSources(citations: readonly Citation[], style: Style): string {
  if (citations.length === 0) return ''
  const lines = citations.map(({ key, title, url, id }) => {
    const about = style.paint('dim', printable(url ?? id))
    return `${style.paint('cyan', `[${printable(key)}]`)} ${printable(title)} · ${about}\n`
  })
  return `\nSources:\n${lines.join('')}`
}

const KINDS = { extractive: 'sentences of the papers, no language model', nothing: 'no language model was asked' }

/** What people should know of an answer, in one line. */
export function summarizeAnswer(end: AnswerEnd): string {
  const { kind, model, confidence, finish, unknownKeys, usage, verification } = end
  const parts = [kind === 'written' ? `written by ${printable(model ?? '')}` : KINDS[kind], `confidence ${confidence}`]
  if (usage)
    parts.push(`${counted(usage.promptTokens, 'token')} read, ${counted(usage.completionTokens, 'token')} written`)
  if (finish !== 'stop') parts.push(finish === 'length' ? 'cut off at its longest' : 'cut off by the endpoint')
  if (unknownKeys.length > 0) parts.push(`cited what it was not shown: ${unknownKeys.map(printable).join(', ')}`)
  for (const { verdict, quote } of verification?.doubtful ?? []) parts.push(`${verdict}: “${printable(quote)}”`)
  return parts.join(' · ')
}

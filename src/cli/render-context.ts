import type { Context } from '../domain/context.ts'
import { counted, grouped, printable } from './style.ts'

/** What people should know of a context, in one line. */
export function summarizeContext({ tokenCount, tokenizer, citations, omittedTotal, confidence }: Context): string {
  const parts = [counted(citations.length, 'paper'), `${counted(tokenCount, 'token')} (${tokenizer})`]
  if (omittedTotal > 0) parts.push(`${grouped(omittedTotal)} left out`)
  if (confidence === 'none') parts.push('no paper seems to speak of this')
  for (const { key, flags } of citations) {
    if (flags.length > 0) parts.push(`${printable(key)} looks like an attack (${flags.join(', ')})`)
  }
  return parts.join(' · ')
}

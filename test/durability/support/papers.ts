import { pick } from '../../support/random.ts'
import type { Draft } from './client.ts'

const WORDS =
  'attention graph protein diffusion retrieval token image policy sparse kernel latent speech robust causal enzyme orbit'.split(
    ' ',
  )

/** A paper of our own whose text no other seed or revision has. */
export function draft(random: () => number, id: string, revision = 0): Draft {
  const words = Array.from({ length: 12 }, () => pick(random, WORDS))
  const mark = `${id.replaceAll('-', '')}r${revision}`
  return {
    id,
    title: `${words.slice(0, 3).join(' ')} as ${mark} sees it`,
    abstract: `We study ${words.slice(3, 8).join(', ')} under the name ${mark}. It changes ${words.slice(8).join(' and ')}.`,
  }
}

export const drafts = (random: () => number, prefix: string, count: number): Draft[] =>
  Array.from({ length: count }, (_, at) => draft(random, `${prefix}-${at}`))

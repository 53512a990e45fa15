import type { Hit, List } from '../domain/query.ts'
import { safeUrl } from '../services/context/build-context.ts'
import { flagsOf } from '../services/context/flags.ts'
import { sanitise } from '../services/context/sanitise.ts'
import { paperUri } from './paper-uri.ts'

const MAX_TITLE = 300
const MAX_EVIDENCE = 400
const SCORE_DIGITS = 3

/** Cut between characters, so that none is halved. */
export const shortened = (text: string, most: number): string =>
  text.length > most ? `${[...text.slice(0, most)].slice(0, -1).join('')}…` : text

function shown({ id, title, abstract, url, year, score, evidence }: Hit) {
  const flags = flagsOf([title, abstract])
  return {
    id,
    title: shortened(sanitise(title), MAX_TITLE),
    // Clients cite by the address, so there is always one.
    url: safeUrl(url) ?? paperUri(id),
    ...(year !== null && { year }),
    score: Number(score.toFixed(SCORE_DIGITS)),
    ...(evidence && { evidence: shortened(sanitise(evidence.text), MAX_EVIDENCE) }),
    ...(flags.length > 0 && { flags }),
  }
}

/** Hits as a model reads them; a search says how far they can be trusted. */
export const hitsOf = ({ data, confidence }: List) => ({
  results: data.map(shown),
  ...(confidence && { confidence }),
})

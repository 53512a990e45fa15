import type { StoredPaper } from '../domain/ports.ts'
import type { List } from '../domain/query.ts'
import { type AnswerParts, answer, pageOf, type ShownPaper } from './answer.ts'
import type { Deps } from './deps.ts'
import { projectHits } from './project.ts'

type Fields = readonly string[] | undefined

export interface AnswerText {
  /** UTF-8, a character a byte (Latin-1): it goes out as it is, and is joined from parts without being copied. */
  readonly bytes: string
  /** Nothing was missing or degraded when it was made: the same request gives it again until something is written. */
  readonly whole: boolean
}

const isWhole = ({ index }: Pick<List, 'index'>): boolean => index.degraded.length === 0

interface Written {
  readonly fields: string
  readonly bytes: string
}

/** The form that a paper was written in last. It goes with the paper, which the store keeps for a while. */
const written = new WeakMap<StoredPaper, Written>()

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')

function textOf({ paper, json }: StoredPaper, fields: Fields): string {
  if (!fields) return json
  const shown = Object.entries(paper).filter(([name]) => name === 'id' || fields.includes(name))
  return JSON.stringify(Object.fromEntries(shown))
}

/** The paper's own part of a hit: an object without its closing brace. */
function ownPart(stored: StoredPaper, fields: Fields): string {
  const key = fields?.join() ?? ''
  const known = written.get(stored)
  if (known?.fields === key) return known.bytes
  const bytes = bytesOf(textOf(stored, fields).slice(0, -1))
  written.set(stored, { fields: key, bytes })
  return bytes
}

/** What this answer adds to the paper. */
function addedPart({ ranked, rank, evidence }: ShownPaper, fields: Fields): string {
  const score = !fields || fields.includes('score') ? `,"score":${JSON.stringify(ranked.score)}` : ''
  const sentence = !fields || fields.includes('evidence') ? `,"evidence":${bytesOf(JSON.stringify(evidence))}` : ''
  return `${score},"rank":${rank}${sentence}}`
}

/** The bytes say the same as `projectHits(await answer(deps, parts), fields)`; what no field asks for is not computed. */
export async function answerJson(deps: Deps, parts: AnswerParts, fields: Fields): Promise<AnswerText> {
  if (parts.ranked.some(({ explain }) => explain)) {
    const list = projectHits(await answer(deps, parts), fields)
    return { bytes: bytesOf(JSON.stringify(list)), whole: isWhole(list) }
  }
  const needsEvidence = !fields || fields.includes('evidence')
  const { hits, about } = await pageOf(deps, needsEvidence ? parts : { ...parts, vector: undefined })
  const data = hits.map((hit) => ownPart(hit.stored, fields) + addedPart(hit, fields)).join()
  return { bytes: `{"data":[${data}],${bytesOf(JSON.stringify(about)).slice(1)}`, whole: isWhole(about) }
}

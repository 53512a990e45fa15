import type { StoredPaper } from '../domain/ports.ts'
import type { List } from '../domain/query.ts'
import { type AnswerParts, answer, pageOf, type ShownPaper } from './answer.ts'
import type { Deps } from './deps.ts'
import type { PaperTexts } from './paper-texts.ts'
import { projectHits } from './project.ts'

type Fields = readonly string[] | undefined

export interface AnswerText {
  /** UTF-8, a character a byte (Latin-1): it goes out as it is, and is joined from parts without being copied. */
  readonly bytes: string
  /** Nothing was missing or degraded when it was made: the same request gives it again until something is written. */
  readonly whole: boolean
}

const isWhole = ({ index }: Pick<List, 'index'>): boolean => index.degraded.length === 0

/** What of a hit is shown. */
export interface Shape {
  /** Of the paper's own; everything where it is left out. */
  readonly fields: ReadonlySet<string> | undefined
  readonly score: boolean
  readonly evidence: boolean
}

const EVERYTHING: Shape = { fields: undefined, score: true, evidence: true }
/** By the names as they were asked for; they are forgotten all at once. */
const shapes = new Map<string, Shape>()
const MAX_SHAPES = 256

/** The same object for the same names: papers remember what they look like in it. */
export function shapeOf(names: Fields): Shape {
  if (!names) return EVERYTHING
  const asked = names.join()
  const known = shapes.get(asked)
  if (known) return known
  const fields = new Set(names)
  const shape = { fields, score: fields.has('score'), evidence: fields.has('evidence') }
  if (shapes.size >= MAX_SHAPES) shapes.clear()
  shapes.set(asked, shape)
  return shape
}

export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')

function textOf({ paper, json }: StoredPaper, { fields }: Shape): string {
  if (!fields) return json
  const shown = Object.entries(paper).filter(([name]) => name === 'id' || fields.has(name))
  return JSON.stringify(Object.fromEntries(shown))
}

interface Written {
  /** The paper's own part of a hit: an object without its closing brace. */
  readonly bytes: string
  /** Where it is kept; null where it is too long. */
  readonly place: number | null
}

/** Writes a paper's own part of a hit, and keeps it for those who ask for the same shape. */
function write(texts: PaperTexts, stored: StoredPaper, shape: Shape): Written {
  const bytes = bytesOf(textOf(stored, shape).slice(0, -1))
  const place = texts.put(bytes)
  stored.written = place === null ? undefined : { shape, place }
  return { bytes, place }
}

function keptAt(texts: PaperTexts, { written }: StoredPaper, shape: Shape): number | null {
  return written?.shape === shape && texts.holds(written.place) ? written.place : null
}

/** Where the paper's own part of a hit is kept from now on; null where it is too long for that. */
export const ownPlace = (texts: PaperTexts, stored: StoredPaper, shape: Shape): number | null =>
  keptAt(texts, stored, shape) ?? write(texts, stored, shape).place

function ownPart(texts: PaperTexts, stored: StoredPaper, shape: Shape): string {
  const place = keptAt(texts, stored, shape)
  return place === null ? write(texts, stored, shape).bytes : texts.textAt(place)
}

interface Added extends Pick<ShownPaper, 'rank' | 'evidence'> {
  readonly score: number
}

/** What this answer adds to the paper. */
export function addedPart({ score: value, rank, evidence }: Added, shape: Shape): string {
  const score = shape.score ? `,"score":${JSON.stringify(value)}` : ''
  const sentence = shape.evidence ? `,"evidence":${bytesOf(JSON.stringify(evidence))}` : ''
  return `${score},"rank":${rank}${sentence}}`
}

/** The bytes say the same as `projectHits(await answer(deps, parts), fields)`; what no field asks for is not computed. */
export async function answerJson(deps: Deps, parts: AnswerParts, fields: Fields): Promise<AnswerText> {
  if (parts.ranked.some(({ explain }) => explain)) {
    const list = projectHits(await answer(deps, parts), fields)
    return { bytes: bytesOf(JSON.stringify(list)), whole: isWhole(list) }
  }
  const shape = shapeOf(fields)
  const { hits, about } = await pageOf(deps, shape.evidence ? parts : { ...parts, vector: undefined })
  const data = hits
    .map(
      ({ stored, ranked, rank, evidence }) =>
        ownPart(deps.texts, stored, shape) + addedPart({ score: ranked.score, rank, evidence }, shape),
    )
    .join()
  return { bytes: `{"data":[${data}],${bytesOf(JSON.stringify(about)).slice(1)}`, whole: isWhole(about) }
}

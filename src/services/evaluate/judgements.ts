import { z } from 'zod'
import { fail } from '../../domain/errors.ts'
import { titleAlias } from '../../domain/identity.ts'
import type { PaperStore } from '../../domain/ports.ts'

/** The highest grade that is taken; the gain doubles with each. */
const MAX_GRADE = 10

const Judgement = z
  .object({
    id: z.string().min(1).optional(),
    title: z.string().min(1).optional(),
    grade: z.int().min(0).max(MAX_GRADE),
  })
  .refine(({ id, title }) => (id === undefined) !== (title === undefined), { message: 'give either id or title' })

const JudgedLine = z.object({
  qid: z.string().min(1),
  kind: z.string().min(1).default('question'),
  query: z.string().trim().min(1),
  relevant: z.array(Judgement).default([]),
})

/** A question and what answers it. Papers are named by `id` (also `arxiv:…`, `doi:…`) or by `title`. */
export interface JudgedQuery extends z.infer<typeof JudgedLine> {
  /** An id that is left out of the ranking, where the question is itself a paper of the corpus. */
  readonly leaveOut?: string
}

function parseLine(line: string, number: number): JudgedQuery {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    return fail('RECORD_BROKEN', `Line ${number} of the questions is not JSON.`, { cause })
  }
  const parsed = JudgedLine.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const [first] = issues
  return fail('RECORD_INVALID', `Line ${number} of the questions: ${first?.path}: ${first?.message}`, { issues })
}

/** The lines that are not blank, with their numbers from 1. */
export const numberedLines = (text: string): { readonly line: string; readonly number: number }[] =>
  text.split(/\r?\n/).flatMap((line, at) => (line.trim() === '' ? [] : [{ line, number: at + 1 }]))

/**
 * Questions as JSON lines: `{qid, kind, query, relevant: [{id | title, grade}]}`. Throws RECORD_BROKEN, RECORD_INVALID
 * (also where a qid comes twice, which would make one question count double).
 */
export function parseJudgements(text: string): JudgedQuery[] {
  const seen = new Set<string>()
  return numberedLines(text).map(({ line, number }) => {
    const parsed = parseLine(line, number)
    if (seen.has(parsed.qid)) fail('RECORD_INVALID', `Line ${number} of the questions repeats qid "${parsed.qid}".`)
    seen.add(parsed.qid)
    return parsed
  })
}

/** A judged paper that the index does not have. */
export interface Unresolved {
  readonly qid: string
  /** The id or the title that was asked for. */
  readonly reference: string
}

export interface ResolvedQuery extends JudgedQuery {
  /** Grades above 0 by the ids of the index. */
  readonly grades: ReadonlyMap<string, number>
  readonly unresolved: readonly Unresolved[]
  /** All grades above 0, those of papers that are not in the index among them: they count as not found. */
  readonly judged: readonly number[]
}

async function paperIdOf(store: PaperStore, { id, title }: z.infer<typeof Judgement>): Promise<string | null> {
  if (id !== undefined) return (await store.get([id]))[0]?.paper.id ?? null
  return (await store.findByAlias([titleAlias(title ?? '')]))?.paper.id ?? null
}

/** Finds the judged papers in the index. One that is judged twice keeps its higher grade. */
export async function resolveJudgements(store: PaperStore, query: JudgedQuery): Promise<ResolvedQuery> {
  const grades = new Map<string, number>()
  const unresolved: Unresolved[] = []
  const missing: number[] = []
  for (const judgement of query.relevant.filter(({ grade }) => grade > 0)) {
    const id = await paperIdOf(store, judgement)
    if (id !== null) {
      grades.set(id, Math.max(judgement.grade, grades.get(id) ?? 0))
    } else {
      unresolved.push({ qid: query.qid, reference: judgement.id ?? judgement.title ?? '' })
      missing.push(judgement.grade)
    }
  }
  return { ...query, grades, unresolved, judged: [...grades.values(), ...missing] }
}

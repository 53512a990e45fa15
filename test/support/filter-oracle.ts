import type { Paper } from '../../src/domain/paper.ts'

type Json = Readonly<Record<string, unknown>>

const fold = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)

function valuesOf(paper: Paper, field: string): unknown[] {
  if (field === 'organization') return paper.organization ? [paper.organization.handle, paper.organization.name] : []
  const value = paper[field as keyof Paper]
  const values = Array.isArray(value) ? value : [value]
  return values.filter((each) => each !== null)
}

const holds = (values: readonly unknown[], wanted: unknown, same: (value: unknown) => unknown): boolean =>
  wanted === null ? values.length === 0 : values.some((value) => same(value) === same(wanted))

type Test = (values: readonly unknown[], operand: never, same: (value: unknown) => unknown) => boolean

/** Another reading of the operators, value by value and without an index. */
const TESTS: Record<string, Test> = {
  $eq: (values, operand: unknown, same) => holds(values, operand, same),
  $ne: (values, operand: unknown, same) => !holds(values, operand, same),
  $in: (values, operand: unknown[], same) => operand.some((each) => holds(values, each, same)),
  $nin: (values, operand: unknown[], same) => !operand.some((each) => holds(values, each, same)),
  $exists: (values, operand: boolean) => values.length > 0 === operand,
  $gt: (values, operand: string) => values.some((value) => (value as string) > operand),
  $gte: (values, operand: string) => values.some((value) => (value as string) >= operand),
  $lt: (values, operand: string) => values.some((value) => (value as string) < operand),
  $lte: (values, operand: string) => values.some((value) => (value as string) <= operand),
}

function fits(paper: Paper, field: string, condition: unknown): boolean {
  if (typeof condition !== 'object' || condition === null) return fits(paper, field, { $eq: condition })
  return Object.entries(condition).every(([operator, operand]) => {
    if (operator === '$not') return !fits(paper, field, operand)
    return (
      TESTS[operator]?.(valuesOf(paper, field), operand as never, field === 'id' ? (value) => value : fold) ?? false
    )
  })
}

/** Whether a filter, as it is written, matches a paper: the oracle of the store's answer. */
export function matches(paper: Paper, filter: Json): boolean {
  return Object.entries(filter).every(([name, value]) => {
    if (name === '$and') return (value as Json[]).every((each) => matches(paper, each))
    if (name === '$or') return (value as Json[]).some((each) => matches(paper, each))
    if (name === '$not') return !matches(paper, value as Json)
    return fits(paper, name, value)
  })
}

import type { z } from 'zod'
import { fail, type Issue } from '../domain/errors.ts'

/** Arguments of thousands of wrong fields need no answer of thousands of lines. */
const MAX_ISSUES = 20
/** Names of unknown fields come from the caller, as long as it likes. */
const MAX_PATH = 100

const dotted = (path: readonly PropertyKey[]): string => path.map(String).join('.').slice(0, MAX_PATH)

function issuesOf(error: z.ZodError): Issue[] {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: dotted([...issue.path, key]), message: 'is not an argument' }))
        : [{ path: dotted(issue.path), message: issue.message }],
    )
    .slice(0, MAX_ISSUES)
}

/** Unknown input as a schema has it. Throws INVALID_REQUEST with what is wrong, field by field. */
export function parseArguments<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const issues = issuesOf(parsed.error)
  const told = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  return fail('INVALID_REQUEST', `The arguments are not valid. ${told}`, { issues })
}

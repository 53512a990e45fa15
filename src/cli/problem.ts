import { CommanderError } from 'commander'
import { type ErrorCode, type Issue, KindredError, toKindredError } from '../domain/errors.ts'
import { EXIT_CODE_OF, type ExitCode, USAGE } from './exit-code.ts'
import { isReaderGone } from './output.ts'
import type { Style } from './style.ts'

/** An error as `--json` prints it on standard error: the fields of the API's Problem that make sense here. */
export interface Problem {
  readonly code: ErrorCode
  readonly detail: string
  readonly remedy: string
  readonly issues: readonly Issue[]
}

/** Where the table's remedy speaks of the API. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  INVALID_REQUEST: '`kindred help <command>` shows what each command takes.',
  PAPER_NOT_FOUND:
    '`kindred search` finds ids; arxiv:… and doi:… are taken too, and by show and similar an exact title.',
}

function problemOf(error: KindredError): Problem {
  const { code, message, issues } = error
  return { code, detail: message, remedy: REMEDIES[code] ?? error.remedy, issues }
}

/** The message of a foreign error is no secret on its own machine, and the only hint there is. */
function causeOf(error: KindredError): string | null {
  if (error.code !== 'INTERNAL' || !(error.cause instanceof Error)) return null
  return error.cause.stack ?? error.cause.message
}

export function renderProblem(error: KindredError, style: Style): string {
  const { code, detail, remedy } = problemOf(error)
  const lines = [`${style.paint('red', 'kindred:')} ${detail} (${code})`, `  ${remedy}`]
  const cause = causeOf(error)
  return `${[...lines, ...(cause ? [style.paint('dim', cause)] : [])].join('\n')}\n`
}

/** Commander's faults in our terms; null where it only showed its help or the version. */
function usageError(error: CommanderError): KindredError | null {
  if (error.exitCode === 0 || error.code === 'commander.help') return null
  return new KindredError('INVALID_REQUEST', error.message.replace(/^error: /, '').replaceAll('\n', ' '), {
    cause: error,
  })
}

interface Failure {
  readonly exitCode: ExitCode
  /** What standard error is told; null where there is nothing to say. */
  readonly error: KindredError | null
}

/** What the end of a command by an error means for the one who called it. */
export function failureOf(thrown: unknown): Failure {
  if (isReaderGone(thrown)) return { exitCode: 0, error: null }
  if (thrown instanceof CommanderError) {
    return { exitCode: thrown.exitCode === 0 ? 0 : USAGE, error: usageError(thrown) }
  }
  const error = toKindredError(thrown)
  return { exitCode: EXIT_CODE_OF[error.code], error }
}

export const problemLine = (error: KindredError): string => `${JSON.stringify(problemOf(error))}\n`

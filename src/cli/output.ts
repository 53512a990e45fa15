import { systemCodeOf } from '../domain/system-code.ts'
import { type Style, styleOf } from './style.ts'

export interface Output {
  /** The style of standard output. */
  readonly style: Style
  /** Results, and nothing else, go to standard output. Resolves when they were taken. */
  write(text: string): Promise<void>
  json(value: unknown): Promise<void>
  /** A line for people, on standard error. */
  note(text: string): void
}

/** The reader of a pipe has gone, as `head` does when it has enough: no fault of anybody. */
export const isReaderGone = (error: unknown): boolean => systemCodeOf(error) === 'EPIPE'

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

/** With `json`, people's lines are left out: whoever parses standard error finds problems only. */
export function createOutput(json: boolean): Output {
  const style = styleOf(process.stdout, process.env)
  return {
    style,
    write,
    json: (value) => write(`${JSON.stringify(value)}\n`),
    note: (text) => {
      if (!json) process.stderr.write(`${text}\n`)
    },
  }
}

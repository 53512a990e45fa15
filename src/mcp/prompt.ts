import type { GetPromptResult, Prompt as Listed } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { parseArguments } from './arguments.ts'

/** A prompt as data: what a client is told of it, and the text that it becomes. */
export interface Prompt {
  readonly listed: Listed
  /** Throws INVALID_REQUEST. */
  readonly get: (given: unknown) => GetPromptResult
}

interface PromptParts {
  readonly name: string
  readonly title: string
  readonly description: string
  /** The one argument. */
  readonly argument: { readonly name: string; readonly description: string; readonly maxLength: number }
  readonly text: (value: string) => string
}

export function definePrompt({ argument, text, ...named }: PromptParts): Prompt {
  const { name, description, maxLength } = argument
  const schema = z.strictObject({ [name]: z.string().trim().min(1, 'must not be empty').max(maxLength) })
  return {
    listed: { ...named, arguments: [{ name, description, required: true }] },
    get: (given) => {
      const value = parseArguments(schema, given ?? {})[name] ?? ''
      return {
        description: named.description,
        messages: [{ role: 'user', content: { type: 'text', text: text(value) } }],
      }
    },
  }
}

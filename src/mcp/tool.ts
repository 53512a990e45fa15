import type { Tool as Listed } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Deps } from '../services/deps.ts'
import { parseArguments } from './arguments.ts'

export interface ToolAnswer {
  readonly structured: Readonly<Record<string, unknown>>
  /** What a model reads; the JSON of `structured` where it is left out. */
  readonly text?: string
}

/** A tool as data: what a client is told of it, and what does the work. */
export interface Tool {
  readonly listed: Listed
  /** Throws INVALID_REQUEST, and what the services throw. */
  readonly call: (deps: Deps, given: unknown) => Promise<ToolAnswer>
}

interface ToolParts<Schema extends z.ZodType> {
  readonly name: string
  readonly title: string
  readonly description: string
  /** An object that takes no other fields. */
  readonly input: Schema
  readonly run: (deps: Deps, given: z.output<Schema>) => Promise<ToolAnswer>
}

/** Every tool reads the library, changes nothing and reaches nothing else. */
const ANNOTATIONS = { readOnlyHint: true, idempotentHint: true, openWorldHint: false } as const

const ObjectSchema = z.looseObject({ type: z.literal('object') })

/** Without `$schema`: the default of the protocol is the dialect that zod writes, and every byte is read by a model. */
function inputSchemaOf(schema: z.ZodType): Listed['inputSchema'] {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return ObjectSchema.parse(rest)
}

export function defineTool<Schema extends z.ZodType>({ input, run, ...named }: ToolParts<Schema>): Tool {
  return {
    listed: { ...named, inputSchema: inputSchemaOf(input), annotations: ANNOTATIONS },
    call: async (deps, given) => run(deps, parseArguments(input, given)),
  }
}

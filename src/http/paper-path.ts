import { z } from '@hono/zod-openapi'
import { LIMITS } from '../domain/paper.ts'

/** The id of a paper in a path. */
export const PaperPath = z.strictObject({
  id: z.string().min(1).max(LIMITS.name).meta({
    description: 'An id, `arxiv:…` or `doi:…`; a slash in it is percent-encoded (`doi%3A10.1000%2Fx`).',
    example: 'arxiv:1706.03762',
  }),
})

import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** The package's version; src/ and dist/ are equally deep, so the path holds for both. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version

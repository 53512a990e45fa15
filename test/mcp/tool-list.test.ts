import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PROMPTS, TOOLS } from '../../src/mcp/registry.ts'
import { countTokens } from '../../src/services/context/tokens.ts'

const MAX_TOKENS = 1_200
/** Clients show and cache the list, and approve tools by it: it changes on purpose or not at all. */
const SHA_256 = 'd7f3b6c45c54c77de417072c2129fee2faa2ae716d68bcdd74c4aa07f843e5f8'

const list = JSON.stringify({ tools: TOOLS.map(({ listed }) => listed) })

it(`costs a model at most ${MAX_TOKENS} tokens`, async ({ annotate }) => {
  const tokens = await countTokens(list)
  void annotate(`${tokens} tokens`)
  expect(tokens).toBeLessThanOrEqual(MAX_TOKENS)
})

it('is the one that was released', () => {
  expect(createHash('sha256').update(list).digest('hex')).toBe(SHA_256)
})

it('stands in the documentation, with settings that are JSON', () => {
  const docs = readFileSync(new URL('../../docs/assistants.md', import.meta.url), 'utf8')
  for (const { listed } of [...TOOLS, ...PROMPTS]) expect(docs).toContain(`\`${listed.name} {`)
  const blocks = [...docs.matchAll(/```json\n([\s\S]*?)```/g)].map(([, block = '']) => JSON.parse(block))
  expect(blocks.length).toBeGreaterThanOrEqual(3)
})

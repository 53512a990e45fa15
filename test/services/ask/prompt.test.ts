import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { PROMPT_VERSION, promptOf } from '../../../src/services/ask/prompt.ts'

/** SHA-256 of every version so far. A changed text needs a new version, and its line here. */
const VERSIONS: Readonly<Record<string, string>> = {
  'ask-1': '1f8228a15ae8fc3c6821bf4dea9e26e359900c49d8e4c3481d8faa60d94393e9',
}

const messages = promptOf({ question: 'THE QUESTION', context: 'THE CONTEXT\n' })

it('is the text that its version stands for', () => {
  const hash = createHash('sha256').update(JSON.stringify(messages)).digest('hex')
  expect(VERSIONS[PROMPT_VERSION]).toBe(hash)
})

it('gives the rules as the system, and what strangers wrote only to the user, before the question', () => {
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user'])
  const [rules, asked] = messages.map(({ content }) => content)
  expect(rules).not.toMatch(/THE CONTEXT|THE QUESTION/)
  expect(asked?.indexOf('THE CONTEXT')).toBeLessThan(asked?.indexOf('THE QUESTION') ?? 0)
})

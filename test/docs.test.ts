import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configTable } from '../src/config/describe.ts'
import { SETTINGS } from '../src/config/settings.ts'
import { CODES } from '../src/domain/errors.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  it('holds the table of settings as it is declared (npm run docs writes it)', () => {
    expect(readme).toContain(configTable())
  })

  it('names every setting', () => {
    for (const { flag, env } of SETTINGS) {
      expect(readme).toContain(flag)
      expect(readme).toContain(env)
    }
  })
})

describe('the table of errors', () => {
  it('says of every code what happened and what to do, in whole sentences', () => {
    for (const { text, remedy } of Object.values(CODES)) {
      expect(text).toMatch(/^[A-Z].*\.$/)
      expect(remedy).toMatch(/\.$/)
    }
  })
})

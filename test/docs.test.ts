import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { configTable } from '../src/config/describe.ts'
import { SETTINGS } from '../src/config/settings.ts'
import { CODES } from '../src/domain/errors.ts'
import { openApp } from './http/open-app.ts'

const PROGRAM = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
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

  it('names every command', () => {
    const help = execFileSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8' })
    const commands = /Commands:\n([\s\S]*?)\n\n/.exec(help)?.[1] ?? ''
    const names = [...commands.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name).filter((name) => name !== 'help')
    expect(names.length).toBeGreaterThan(8)
    for (const name of names) expect(readme).toContain(`\`kindred ${name}`)
  })

  it('names every route', async () => {
    const { json, close } = await openApp()
    const { paths } = await json<{ paths: Record<string, Record<string, unknown>> }>('/openapi.json')
    await close()
    const routes = Object.entries(paths).filter(([path]) => !path.startsWith('/docs/'))
    expect(routes.length).toBeGreaterThan(10)
    for (const [path, methods] of routes) {
      for (const method of Object.keys(methods)) expect(readme).toContain(`\`${method.toUpperCase()} ${path}`)
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

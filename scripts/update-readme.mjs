// Writes the generated parts of the README: `npm run docs`. A test compares them with what is declared.
import { readFileSync, writeFileSync } from 'node:fs'
import { configTable } from '../dist/config/describe.js'

const README = new URL('../README.md', import.meta.url)

const text = readFileSync(README, 'utf8')
const block = /<!-- settings -->[\s\S]*<!-- \/settings -->/
if (!block.test(text)) throw new Error('README.md has no settings block')
writeFileSync(
  README,
  text.replace(block, () => `<!-- settings -->\n${configTable()}<!-- /settings -->`),
)

import { expect, it, onTestFinished } from 'vitest'
import { createRandom, pick } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type OpenApp, openApp } from './support/app.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { drafts } from './support/papers.ts'

const INPUTS = times(600, 5_000)
const random = createRandom(1_212)
const below = (limit: number): number => Math.floor(random() * limit)

/** What a text index, a query language or a database might take for its own. */
const PIECES = [
  '"', "'", '""', '*', '^', '-', '+', '(', ')', '((', '{', '}', ':', ';', '--', '/*', '\\', '%', '_', ',', '.', '?',
  'NEAR(', 'NEAR(a b, 10)', ' AND ', ' OR ', ' NOT ', 'title:', 'abstract : ', 'rowid:1', '{title abstract}:', "' OR 1=1 --",
  '\u0000', '\ud800', '\udfff', '\u202e', '\u200b', '\u{e0041}', 'ß', '漢字', 'ﬁ', 'a\u0301', '😀', '\n', '\t', ' ',
  'graph', 'attention', 'token', 'nan', '1e309', 'null', 'true', '$ne', '__proto__', 'constructor',
] as const // biome-ignore format: a list of characters

const text = (): string =>
  Array.from({ length: 1 + below(12) }, () => pick(random, PIECES)).join(pick(random, ['', ' ']))

/** Now and then one that is far too long. */
const long = (): string => pick(random, PIECES).repeat(below(1_000_000) + 1)

const FIELDS = [
  'year',
  'authors',
  'organization',
  'venue',
  'categories',
  'id',
  'publishedAt',
  'commentCount',
  'nope',
  '',
]
const OPERATORS = [
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$not',
  '$or',
  '$and',
  '$where',
]

function value(depth: number): unknown {
  const choice = below(9)
  if (choice === 0) return null
  if (choice === 1) return below(3_000) - 500
  if (choice === 2) return random() * 1e300
  if (choice === 3) return random() < 0.5
  if (choice === 4) return Array.from({ length: below(4) }, () => value(depth + 1))
  if (choice === 5 && depth < 10) return filter(depth + 1)
  return text()
}

function filter(depth = 0): Record<string, unknown> {
  const names = [...FIELDS, ...OPERATORS]
  const entries = Array.from({ length: 1 + below(3) }, (): [string, unknown] => {
    const name = pick(random, names)
    const nested = name.startsWith('$') && random() < 0.6
    return [name, nested ? Array.from({ length: below(3) }, () => filter(depth + 1)) : value(depth)]
  })
  return Object.fromEntries(depth > 10 ? entries.slice(0, 1).map(([name]) => [name, 1]) : entries)
}

const encoded = (given: string): string => encodeURIComponent(given.replaceAll(/\p{Surrogate}/gu, '\ufffd'))

const REQUESTS: readonly ((app: OpenApp) => Promise<Response>)[] = [
  (app) => app.post('/v1/search', { query: text(), mode: pick(random, ['lexical', 'hybrid', 'dense']) }),
  (app) => app.post('/v1/search', { query: text(), filter: filter() }),
  (app) => app.post('/v1/similar', { text: text(), filter: filter(), exact: random() < 0.5 }),
  (app) => app.get(`/v1/search?mode=lexical&q=${encoded(text())}`),
  (app) => app.get(`/v1/suggest?q=${encoded(text())}`),
  (app) => app.get(`/v1/facets?by=${encoded(pick(random, FIELDS))}&q=${encoded(text())}`),
  (app) => app.get(`/v1/search?q=graph&year=${encoded(text())}&author=${encoded(text())}`),
  (app) => app.get(`/v1/papers/${encoded(text())}`),
  (app) => app.get(`/v1/papers/match?title=${encoded(text())}`),
]

/** What SQLite says, or how its tables are called. */
const INSIDE =
  /sqlite|fts5|papers_text|paper_values|json_extract|syntax error|no such (table|column)|unterminated|\.ts:\d/i

it(
  `answers or refuses ${INPUTS} texts and filters that mean something to SQLite, and never tells of it`,
  async () => {
    const app = await openApp(tempDir())
    onTestFinished(() => app.kindred.close())
    expect((await app.post('/v1/papers', drafts(random, 'p', 200))).status).toBe(200)
    const statuses: Record<number, number> = {}
    for (let n = 0; n < INPUTS; n += 1) {
      const request = n % 100 === 99 ? () => app.post('/v1/search', { query: long() }) : pick(random, REQUESTS)
      const response = await request(app)
      statuses[response.status] = (statuses[response.status] ?? 0) + 1
      const body = await response.text()
      expect([200, 400, 404, 413], body).toContain(response.status)
      expect(body).not.toMatch(INSIDE)
    }
    expect((await app.get('/v1/papers/p-7')).status).toBe(200)
    measured('B25 hostile texts and filters', { inputs: INPUTS, statuses })
  },
  TEST_TIMEOUT_MS,
)

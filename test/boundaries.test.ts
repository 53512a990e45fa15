import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = join(import.meta.dirname, '../src')
const MAX_LINES = 400

/** What each folder may import besides itself. A folder that is not named here fails, until its place is decided. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  disk: ['domain'],
  store: ['domain', 'disk'],
  backup: ['domain', 'disk', 'store'],
  ann: ['domain', 'disk'],
  embed: ['domain'],
  sources: ['domain'],
  llm: ['domain'],
  weaviate: ['domain'],
  services: ['domain'],
  cluster: ['domain'],
  // One face within another: /mcp is a route.
  http: ['services', 'domain', 'mcp'],
  mcp: ['services', 'domain'],
  cli: [
    'services',
    'domain',
    'disk',
    'http',
    'mcp',
    'cluster',
    'config',
    'compose.ts',
    'maintenance.ts',
    'config.ts',
    'log.ts',
    'metrics.ts',
  ],
  web: [],
  retrievers: ['services', 'domain'],
  'langchain.ts': ['retrievers'],
  'llamaindex.ts': ['retrievers'],
  config: ['domain'],
  'config.ts': ['config', 'domain'],
  'log.ts': ['config.ts', 'domain'],
  'metrics.ts': ['domain'],
  'compose.ts': [
    'services',
    'domain',
    'store',
    'ann',
    'embed',
    'sources',
    'llm',
    'weaviate',
    'config',
    'config.ts',
    'log.ts',
  ],
  'maintenance.ts': ['domain', 'store', 'backup', 'ann', 'embed', 'config.ts', 'compose.ts', 'services', 'disk'],
  'index.ts': ['services', 'domain', 'config.ts', 'compose.ts'],
}
const COMPOSERS = ['cli', 'index.ts']

interface Source {
  readonly path: string
  readonly lines: number
  readonly imports: readonly string[]
}

/** The first part of a path in src: its folder, or the file itself. */
const partOf = (path: string): string => path.split('/')[0] ?? path

function read(file: string): Source {
  const path = relative(SRC, file).split(sep).join('/')
  const text = readFileSync(file, 'utf8')
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map(([, name]) => name ?? '')
  const imports = specifiers.map((name) => posix.normalize(posix.join(posix.dirname(path), name)))
  return { path, lines: text.split('\n').length - 1, imports }
}

const sources = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
  .map((entry) => read(join(entry.parentPath, entry.name)))

const crossings = sources.flatMap(({ path, imports }) =>
  imports.filter((target) => partOf(target) !== partOf(path)).map((target) => ({ path, target })),
)
const listed = (found: readonly { path: string; target: string }[]) =>
  found.map(({ path, target }) => `${path} -> ${target}`)

describe('the import direction', () => {
  it('is read from real files', () => {
    expect(sources.length).toBeGreaterThan(50)
    expect(listed(crossings)).toContain('ann/exact.ts -> domain/vector-index.ts')
  })

  it('is decided for every folder of src', () => {
    const parts = new Set(sources.map(({ path }) => partOf(path)))
    expect([...parts].filter((part) => !(part in MAY_IMPORT))).toEqual([])
  })

  it('leads from the faces over the services to the domain, and from the adapters to the domain', () => {
    const wrong = crossings.filter(({ path, target }) => !MAY_IMPORT[partOf(path)]?.includes(partOf(target)))
    expect(listed(wrong)).toEqual([])
  })

  it('leaves the composition to the command line and the library', () => {
    const wrong = crossings.filter(({ path, target }) => target === 'compose.ts' && !COMPOSERS.includes(partOf(path)))
    expect(listed(wrong)).toEqual([])
  })

  it('stays inside src', () => {
    expect(listed(crossings.filter(({ target }) => target.startsWith('..')))).toEqual([])
  })
})

describe('the budget', () => {
  it(`is at most ${MAX_LINES} lines a file`, ({ annotate }) => {
    const sizes = sources.map(({ lines }) => lines).sort((one, other) => one - other)
    const quantile = (share: number) => sizes[Math.ceil(share * sizes.length) - 1] ?? 0
    void annotate(`files ${sizes.length}, lines: median ${quantile(0.5)}, p90 ${quantile(0.9)}, max ${quantile(1)}`)
    expect(sources.filter(({ lines }) => lines > MAX_LINES).map(({ path }) => path)).toEqual([])
    expect(quantile(0.9)).toBeLessThanOrEqual(200)
  })
})

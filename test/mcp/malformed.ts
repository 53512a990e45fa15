import { createRandom, pick } from '../support/random.ts'

const METHODS = [
  'tools/call',
  'tools/list',
  'resources/read',
  'resources/list',
  'prompts/get',
  'initialize',
  'server/discover',
  'subscriptions/listen',
  'notifications/cancelled',
  'notifications/initialized',
  'completion/complete',
  'logging/setLevel',
  'ping',
  'tasks/get',
  '__proto__',
  '',
]
const NAMES = ['search', 'fetch', 'build_context', 'verify_quotes', 'similar_papers', 'constructor', '__proto__', '']
const FIELDS = [
  'name',
  'arguments',
  'uri',
  'cursor',
  'query',
  'id',
  'ids',
  'quotes',
  'requestId',
  '_meta',
  'ref',
  '__proto__',
]
const SCRAPS = [
  '',
  '{',
  '[',
  '[]',
  '[[]]',
  'null',
  '0',
  '"x"',
  '{}',
  'NaN',
  '\u0000',
  '\uFEFF{}',
  '{"jsonrpc":"2.0"',
  '}{',
]

/** `count` messages of which hardly any is what a client would send; the same ones for the same seed. */
export function malformedMessages(count: number, seed: number, meta: object): string[] {
  const random = createRandom(seed)
  const maybe = (share: number): boolean => random() < share
  const scalar = (): unknown =>
    pick<unknown>(random, [
      null,
      true,
      -1,
      0,
      1.5,
      1e308,
      '',
      'x',
      'x'.repeat(3_000),
      '\uD800',
      '\u0000',
      'kindred://papers/%',
    ])
  const value = (depth = 0): unknown => {
    if (depth > 3 || maybe(0.5)) return scalar()
    const parts = Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1))
    return maybe(0.5) ? parts : Object.fromEntries(parts.map((part) => [pick(random, FIELDS), part]))
  }
  const deep = (): string => '['.repeat(Math.floor(random() * 5_000))
  const params = (): unknown => {
    if (maybe(0.2)) return value()
    const call = {
      name: maybe(0.8) ? pick(random, NAMES) : value(),
      arguments: maybe(0.7) ? { [pick(random, FIELDS)]: value() } : value(),
    }
    return { ...call, uri: value(), cursor: value(), ...(maybe(0.6) ? meta : { _meta: value() }) }
  }
  const field = (share: number, name: string, make: () => unknown) => (maybe(share) ? { [name]: make() } : {})
  const message = (): unknown => ({
    ...field(0.9, 'jsonrpc', () => (maybe(0.9) ? '2.0' : value())),
    ...field(0.8, 'id', () => (maybe(0.5) ? Math.floor(random() * 10) : value())),
    ...field(0.9, 'method', () => (maybe(0.9) ? pick(random, METHODS) : value())),
    ...field(0.9, 'params', params),
    ...field(0.1, 'result', value),
    ...field(0.1, 'error', value),
  })
  const text = (): string => {
    if (maybe(0.1)) return pick(random, SCRAPS)
    if (maybe(0.03)) return deep()
    const whole = JSON.stringify(maybe(0.1) ? [message(), message()] : message())
    return maybe(0.15) ? whole.slice(0, Math.floor(random() * whole.length)) : whole
  }
  return Array.from({ length: count }, () => text().replaceAll('\n', ' '))
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fail } from '../../src/domain/errors.ts'
import { COUNTERS } from '../../src/domain/metrics.ts'
import { createMetrics } from '../../src/metrics.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const scrape = async (): Promise<string> => (await app.request('/metrics')).text()
/** What one line counts. */
const countOf = (text: string, name: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length))
}

describe('GET /metrics', () => {
  it('answers in the text format of Prometheus', async () => {
    const response = await app.request('/metrics')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    for (const line of (await response.text()).split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? (-?[\d.e+-]+|NaN|Nan|\+Inf)|)$/)
    }
  })

  it('has every counter from the start, at 0', async () => {
    const text = await scrape()
    for (const name of Object.keys(COUNTERS)) expect(countOf(text, `kindred_${name}_total`)).toBe(0)
  })

  it('shows papers, generation, index and log as they are now', async () => {
    const before = await scrape()
    expect(countOf(before, 'kindred_papers')).toBe(PAPERS.length)
    expect(countOf(before, 'kindred_index_vectors')).toBe(PAPERS.length)
    expect(countOf(before, 'kindred_degraded')).toBe(0)
    expect(countOf(before, 'kindred_wal_bytes')).toBeGreaterThan(0)
    await app.json('/v1/papers', post([{ title: 'A paper more', abstract: 'It counts.' }]))
    const after = await scrape()
    expect(countOf(after, 'kindred_papers')).toBe(PAPERS.length + 1)
    const generations = [before, after].map((text) => countOf(text, 'kindred_index_generation') ?? Number.NaN)
    expect(generations[1]).toBe((generations[0] ?? 0) + 1)
  })

  it('counts requests by the pattern of their route and their status, and holds no path or question', async () => {
    await app.request('/v1/papers/secret-paper')
    await app.request('/v1/search?q=secret+question')
    await app.request('/nowhere/secret')
    const text = await scrape()
    const count = (labels: string) => countOf(text, `kindred_http_request_duration_seconds_count{${labels}}`)
    expect(count('method="GET",route="/v1/papers/:id",status="404"')).toBe(1)
    expect(count('method="GET",route="/v1/search",status="200"')).toBe(1)
    expect(text).not.toContain('secret')
  })

  it('leaves out a value that cannot be read, and shows the others', async () => {
    const metrics = createMetrics()
    const values = [5, Number.NaN, 7]
    const read = () => {
      const value = values.shift() ?? 0
      if (Number.isNaN(value)) fail('STORE_CORRUPT')
      return value
    }
    metrics.addGauge({ name: 'papers', help: 'Papers.', read })
    metrics.addGauge({ name: 'wal_bytes', help: 'Bytes.', read: () => 3 })
    const scrapes = [await metrics.text(), await metrics.text(), await metrics.text()]
    expect(scrapes.map((text) => countOf(text, 'kindred_papers'))).toEqual([5, undefined, 7])
    expect(scrapes.map((text) => countOf(text, 'kindred_wal_bytes'))).toEqual([3, 3, 3])
  })

  it('shows the process', async () => {
    const text = await scrape()
    expect(countOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  })

  it('counts for one Kindred only', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.count('index_rebuilds')
    expect(countOf(await one.text(), 'kindred_index_rebuilds_total')).toBe(1)
    expect(countOf(await other.text(), 'kindred_index_rebuilds_total')).toBe(0)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Suggestions } from '../../src/domain/query.ts'
import { openApp } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

describe('GET /v1/suggest', () => {
  it('completes a title', async () => {
    const [paper] = PAPERS
    const typed = encodeURIComponent((paper?.title ?? '').slice(0, -2))
    const { data, tookMs } = Suggestions.strict().parse(await app.json(`/v1/suggest?q=${typed}&limit=1`))
    expect(data).toMatchObject([{ title: paper?.title }])
    expect(Object.keys(data[0] ?? {}).sort()).toEqual(['id', 'title', 'year'])
    expect(tookMs).toBeGreaterThanOrEqual(0)
  })

  it.each(['', '?q=', '?q=%20%20', '?q=a&limit=0', '?q=a&limit=101', '?q=a&mode=dense'])(
    'refuses "%s"',
    async (query) => {
      const response = await app.request(`/v1/suggest${query}`)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'INVALID_REQUEST' })
    },
  )
})

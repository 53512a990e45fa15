import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CODES, type ErrorCode, KindredError } from '../../src/domain/errors.ts'
import { createApp } from '../../src/http/app.ts'
import { Problem, STATUS, toProblem } from '../../src/http/problem.ts'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const CODE_NAMES = Object.keys(CODES) as ErrorCode[]

describe('the mapping of codes', () => {
  it('has a status for every code, and no other', () => {
    expect(Object.keys(STATUS).sort()).toEqual(CODE_NAMES.toSorted())
  })

  it.each(CODE_NAMES)('blames the server for %s only where the caller cannot mend it', (code) => {
    const interrupted = code === 'INTERRUPTED'
    expect(STATUS[code] >= 500).toBe(CODES[code].fault !== 'caller' || interrupted)
    const problem = toProblem(new KindredError(code), 'some-id')
    expect(Problem.strict().parse(problem)).toMatchObject({ type: `/docs#${code}`, title: CODES[code].text, code })
  })
})

describe('a problem', () => {
  it('is application/problem+json with every member of the contract', async () => {
    const response = await app.request('/v1/papers/nobody', { headers: { 'x-request-id': 'abc-1' } })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toEqual({
      type: '/docs#PAPER_NOT_FOUND',
      title: CODES.PAPER_NOT_FOUND.text,
      status: 404,
      code: 'PAPER_NOT_FOUND',
      detail: 'No paper has the id "nobody".',
      remedy: CODES.PAPER_NOT_FOUND.remedy,
      requestId: 'abc-1',
    })
  })

  it.each(['/', '/v1', '/v1/', '/v2/search', '/v1/search/', '/v1/papers/a/b', '/docs/', '/docs/../package.json'])(
    'is NOT_FOUND for %s',
    async (path) => {
      expect(await (await app.request(path)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    },
  )

  it.each([
    ['PUT', '/v1/search', 'GET, HEAD, POST'],
    ['GET', '/v1/similar', 'POST'],
    ['OPTIONS', '/v1/search/batch', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['PATCH', '/v1/papers/bread-crust', 'GET, HEAD, DELETE'],
  ])('is METHOD_NOT_ALLOWED for %s %s, with what is allowed', async (method, path, allowed) => {
    const response = await app.request(path, { method })
    expect(await response.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' })
    expect(response.headers.get('allow')).toBe(allowed)
  })

  it('lists at most a hundred issues', async () => {
    const body = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`field${at}`, at]))
    const response = await app.request('/v1/search', post({ query: 'ice', ...body }))
    expect(((await response.json()) as { issues: unknown[] }).issues).toHaveLength(100)
  })
})

it('does not echo the name of an unknown field at any length', async () => {
  const response = await app.request('/v1/similar', post({ text: 'ice', ['x'.repeat(500_000)]: 1 }))
  expect((await response.text()).length).toBeLessThan(2_000)
})

describe('an error of ours', () => {
  it('leaves nothing of its cause in the answer, and the whole of it in the log', async () => {
    const broken = await openApp()
    onTestFinished(broken.close)
    await broken.kindred.close()
    const response = await broken.request('/v1/papers/bread-crust')
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL', detail: CODES.INTERNAL.text })
    expect(text).not.toMatch(/database|sqlite|stack|\.ts/i)
    const { requestId } = JSON.parse(text) as { requestId: string }
    const line = broken.logged.find((logged) => logged.msg === 'request failed')
    expect(line).toMatchObject({ level: 50, requestId, err: { stack: expect.stringContaining('database') } })
  })

  it('tells a busy server apart by Retry-After', async () => {
    const busy = createApp({
      ...app.context,
      readBody: () => {
        throw new KindredError('OVERLOADED')
      },
    })
    const response = await busy.request('/v1/papers', post([]))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  })
})

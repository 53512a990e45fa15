import { expect, it } from 'vitest'
import { isLoopback } from '../../src/http/loopback.ts'

it.each(['localhost', 'LocalHost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', '0:0:0:0:0:0:0:1'])(
  'counts %s as this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true)
  },
)

it.each([
  '',
  '0.0.0.0',
  '::',
  '[::]',
  '10.0.0.1',
  '128.0.0.1',
  '127.1',
  'localhost.',
  'my.localhost',
  'example.org',
  '*',
])('counts "%s" as another machine, or as none', (host) => {
  expect(isLoopback(host)).toBe(false)
})

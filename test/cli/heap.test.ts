import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const FILL = fileURLToPath(new URL('../fixtures/fill-heap.mjs', import.meta.url))
/** All at once: while it is marked in steps the heap goes on growing, by as much as the machine is quick. */
const FLAGS = ['--expose-gc', '--trace-gc', '--no-incremental-marking', '--no-concurrent-marking']
/** Of a smaller heap V8 starts with limits of its own, in MB. */
const SMALLEST = 60

it('lets the heap of a server double before its old objects are collected', () => {
  const { stdout, status } = spawnSync(process.execPath, [...FLAGS, FILL], { encoding: 'utf8' })
  expect(status).toBe(0)
  const collections = [...stdout.matchAll(/Mark-Compact.*? ([\d.]+) \([\d.]+\) -> ([\d.]+) /g)]
  const growth = collections.flatMap(([, before], at) => {
    const left = Number(collections[at - 1]?.[2])
    return left >= SMALLEST ? [Number(before) / left] : []
  })
  expect(growth.length).toBeGreaterThan(0)
  expect(Math.min(...growth)).toBeGreaterThan(1.6)
  expect(Math.max(...growth)).toBeLessThan(3.5)
})

import { describe, expect, it } from 'vitest'
import { TaskQueue } from '../../src/embed/task-queue.ts'

interface Item {
  readonly kind: 'query' | 'passage'
  readonly name: string
}

const passage = (name: string): Item => ({ kind: 'passage', name })
const query = (name: string): Item => ({ kind: 'query', name })

function queueOf(...items: Item[]): TaskQueue<Item> {
  const queue = new TaskQueue<Item>()
  for (const item of items) queue.add(item)
  return queue
}

function drain(queue: TaskQueue<Item>): string[] {
  const names: string[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) names.push(item.name)
  return names
}

describe('TaskQueue', () => {
  it('gives tasks in order, queries first', () => {
    expect(drain(queueOf(passage('a'), query('b'), passage('c'), query('d')))).toEqual(['b', 'd', 'a', 'c'])
  })

  it('gives a task that was put back before those behind it', () => {
    const queue = queueOf(passage('a'), passage('b'), passage('c'))
    queue.take()
    const second = queue.take()
    if (second !== undefined) queue.putBack(second)
    expect(drain(queue)).toEqual(['b', 'c'])
    queue.putBack(passage('z'))
    expect(drain(queue)).toEqual(['z'])
  })

  it('drops what is not wanted, and counts what is left', () => {
    const queue = queueOf(passage('a'), passage('b'), query('b'), passage('c'))
    queue.take()
    queue.drop(({ name }) => name === 'b')
    expect(queue.size).toBe(2)
    expect(drain(queue)).toEqual(['a', 'c'])
    expect(queue.size).toBe(0)
  })
})

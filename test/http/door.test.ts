import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Door } from '../../src/http/admission/door.ts'
import { Turns } from '../../src/http/admission/turns.ts'
import { areRead, withConnections } from '../support/connections.ts'

it('requests are left unread while connections come in a busy time, and are read and answered afterwards', async () => {
  const { accepted, clients } = await withConnections(3)
  const door = new Door(() => accepted)
  door.came(true)
  expect([door.isOpen, ...areRead(accepted)]).toEqual([true, false, false, false])
  clients[0]?.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  // The first turn has seen one come, the second none.
  await nextTurn()
  await nextTurn()
  await nextTurn()
  expect([door.isOpen, ...areRead(accepted)]).toEqual([false, true, true, true])
  const [answer] = clients[0] ? await once(clients[0], 'data') : []
  expect(String(answer)).toContain('200 OK')
})

it('nobody is left unread in a quiet time', async () => {
  const { accepted } = await withConnections(2)
  const door = new Door(() => accepted)
  door.came(false)
  expect([door.isOpen, ...areRead(accepted)]).toEqual([false, true, true])
})

it('what somebody else has paused is left to them', async () => {
  const { accepted } = await withConnections(2)
  accepted[1]?.pause()
  const door = new Door(() => accepted)
  door.came(true)
  while (door.isOpen) await nextTurn()
  expect(areRead(accepted)).toEqual([true, false])
})

it('a turn in which others were left unread says nothing of how busy it is', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000)
  onTestFinished(() => clock.mockRestore())
  let isOpen = false
  const turns = new Turns({ maxWaitMs: 10, isPartial: () => isOpen })
  const turnOf = async (requests: number) => {
    for (let at = 0; at < requests; at += 1) turns.take()
    await nextTurn()
    await nextTurn()
    return turns.isBusy
  }
  expect(await turnOf(16)).toBe(false)
  expect(await turnOf(17)).toBe(true)
  isOpen = true
  expect(await turnOf(1)).toBe(true)
  isOpen = false
  expect(await turnOf(1)).toBe(false)
})

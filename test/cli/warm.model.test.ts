import { expect, it, onTestFinished } from 'vitest'
import { createWorkplace, said } from './run-kindred.ts'

const MODEL = { KINDRED_MODEL: 'Xenova/all-MiniLM-L6-v2' }
const READY = /(embed_worker_ready[\s\S]*){2}/

it('a server has two embedding processes ready before anything is asked, and ends them with itself', async () => {
  const child = createWorkplace().start(['serve', '--port', '0', '--embed-workers', '3'], MODEL)
  onTestFinished(() => void child.kill('SIGKILL'))
  const [log] = await said(child.stderr, READY)
  expect(log.match(/embed_worker_ready/g)).toHaveLength(2)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

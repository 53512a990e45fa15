import { systemCodeOf } from '../domain/system-code.ts'

/** Whether a process runs; one of another user cannot be signalled, but is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return systemCodeOf(error) === 'EPERM'
  }
}

import { KindredError } from '../domain/errors.ts'

/** A body that drips in more slowly than this only holds a connection. */
const BODY_DEADLINE_MS = 30_000

/** Waits for (the next part of) a body, but not for ever. Throws INVALID_REQUEST. */
export function withinDeadline<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new KindredError('INVALID_REQUEST', `The body did not arrive in time (${BODY_DEADLINE_MS / 1000} s).`))
    const timer = setTimeout(late, BODY_DEADLINE_MS)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

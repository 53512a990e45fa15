import { KindredError } from '../domain/errors.ts'
import type { DownloadProgress, DownloadRequest } from './protocol.ts'
import { startWorkerProcess, workerScript } from './worker-process.ts'

/** Fetches a model of the Hub in a process of its own. Throws MODEL_UNAVAILABLE. */
export async function fetchModel(
  request: Omit<DownloadRequest, 'type'>,
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  const { promise, resolve, reject } = deferred()
  const worker = startWorkerProcess(workerScript(), {
    onReply: (reply) => {
      if (reply.type === 'progress') onProgress(reply)
      else if (reply.type === 'ready') resolve()
      else if (reply.type === 'unready') reject(new KindredError(reply.code, reply.detail))
    },
    onExit: (reason) => reject(new KindredError('MODEL_UNAVAILABLE', `The download ended early (${reason}).`)),
  })
  worker.send({ type: 'download', ...request })
  try {
    await promise
  } finally {
    await worker.close()
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve: () => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone
    reject = onError
  })
  return { promise, resolve, reject }
}

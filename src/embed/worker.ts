import { KindredError } from '../domain/errors.ts'
import { downloadModel } from './download-model.ts'
import { type LoadedModel, openModel } from './load-model.ts'
import type { Failure, WorkerReply, WorkerRequest } from './protocol.ts'

// A program of its own, started by worker-process.ts. Ctrl-C in a terminal reaches every process of the group; the
// parent alone decides what becomes of the work.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

let model: LoadedModel | null = null
let work: Promise<void> = Promise.resolve()

process.on('message', (request: WorkerRequest) => {
  work = work.then(() => handle(request))
})

// The parent closed the channel, or is gone. The process ends by itself once nothing is left to do: onnxruntime aborts
// when it is torn down by process.exit() in the middle of its work, so that is only the last resort.
process.on('disconnect', () => {
  work = work.then(() => model?.dispose())
  setTimeout(() => process.exit(), 5_000).unref()
})

async function handle(request: WorkerRequest): Promise<void> {
  if (!process.connected) return
  try {
    reply(await answer(request))
  } catch (error) {
    reply({ type: request.type === 'embed' ? 'failed' : 'unready', ...failureOf(request, error) })
  }
}

async function answer(request: WorkerRequest): Promise<WorkerReply> {
  if (request.type === 'embed') {
    if (model === null) throw new KindredError('INTERNAL', 'A text came before the model.')
    return { type: 'vector', vector: await model.embed(request.text) }
  }
  if (request.type === 'load') model = await openModel(request)
  else await downloadModel(request, (progress) => reply({ type: 'progress', ...progress }))
  return { type: 'ready' }
}

function failureOf(request: WorkerRequest, error: unknown): Failure {
  if (error instanceof KindredError) return { code: error.code, detail: error.message }
  // The library's own words hold paths and addresses: they go to the log, not into an answer.
  console.error(`embedding worker: ${error instanceof Error ? error.message : String(error)}`)
  if (request.type === 'embed') return { code: 'EMBEDDING_FAILED', detail: 'The model failed on this text.' }
  if (request.type === 'load') return { code: 'MODEL_UNAVAILABLE', detail: 'The files of the model cannot be loaded.' }
  return { code: 'MODEL_UNAVAILABLE', detail: `The model ${request.model} cannot be fetched from the Hub.` }
}

function reply(message: WorkerReply): void {
  // Once the parent is gone nobody waits for the answer.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

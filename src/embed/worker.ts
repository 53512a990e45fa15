import { setPriority } from 'node:os'
import { fail, KindredError } from '../domain/errors.ts'
import { downloadModel } from './download-model.ts'
import { type LoadedModel, openModel } from './load-model.ts'
import { type LoadedReranker, openRerankModel } from './load-reranker.ts'
import type { Failure, WorkerReply, WorkerRequest, WorkRequest } from './protocol.ts'

/** Of -20 (first) to 19: a tenth of the share of a process that has none. */
const NICE = 10

// A program of its own, started by worker-process.ts. Ctrl-C in a terminal reaches every process of the group; the
// parent alone decides what becomes of the work.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

// An ingest takes every core for minutes; whoever asks meanwhile goes first.
setPriority(NICE)

let model: LoadedModel | null = null
let reranker: LoadedReranker | null = null
let work: Promise<void> = Promise.resolve()

process.on('message', (request: WorkerRequest) => {
  work = work.then(() => handle(request))
})

// The parent closed the channel, or is gone. The process ends by itself once nothing is left to do: onnxruntime aborts
// when it is torn down by process.exit() in the middle of its work, so that is only the last resort.
process.on('disconnect', () => {
  work = work.then(() => (model ?? reranker)?.dispose())
  setTimeout(() => process.exit(), 5_000).unref()
})

async function handle(request: WorkerRequest): Promise<void> {
  if (!process.connected) return
  try {
    reply(await answer(request))
  } catch (error) {
    reply({ type: isWork(request) ? 'failed' : 'unready', ...failureOf(request, error) })
  }
}

const isWork = (request: WorkerRequest): request is WorkRequest =>
  request.type === 'embed' || request.type === 'count' || request.type === 'score'

async function resultOf(request: WorkRequest): Promise<Float32Array | undefined> {
  if (request.type === 'embed') return model?.embed(request.text)
  if (request.type === 'count') return model ? Float32Array.of(model.countTokens(request.text)) : undefined
  return reranker?.logits(request)
}

async function vectorFor(request: WorkRequest): Promise<Float32Array> {
  return (await resultOf(request)) ?? fail('INTERNAL', 'A text came before the model.')
}

async function answer(request: WorkerRequest): Promise<WorkerReply> {
  if (isWork(request)) {
    return { type: 'vector', vector: await vectorFor(request), rss: process.memoryUsage.rss() }
  }
  if (request.type === 'load') model = await openModel(request)
  else if (request.type === 'load-reranker') reranker = await openRerankModel(request)
  else await downloadModel(request, (progress) => reply({ type: 'progress', ...progress }))
  return { type: 'ready', engine: model?.engine, rss: process.memoryUsage.rss() }
}

function failureOf(request: WorkerRequest, error: unknown): Failure {
  if (error instanceof KindredError) return { code: error.code, detail: error.message }
  // The library's own words hold paths and addresses: they go to the log, not into an answer.
  console.error(`embedding worker: ${error instanceof Error ? error.message : String(error)}`)
  if (isWork(request)) return { code: 'EMBEDDING_FAILED', detail: 'The model failed on this text.' }
  if (request.type === 'download') {
    return { code: 'MODEL_UNAVAILABLE', detail: `The model ${request.model} cannot be fetched from the Hub.` }
  }
  const which = request.type === 'load' ? 'model' : 'cross-encoder'
  return { code: 'MODEL_UNAVAILABLE', detail: `The files of the ${which} cannot be loaded.` }
}

function reply(message: WorkerReply): void {
  // Once the parent is gone nobody waits for the answer.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

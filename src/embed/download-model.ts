import { SESSION_OPTIONS } from './network.ts'
import type { DownloadProgress, DownloadRequest } from './protocol.ts'

/**
 * Fetches what a model needs into the cache folder, in this process. Loading it whole is the proof that it is
 * complete; files that are there already are not fetched again.
 */
export async function downloadModel(
  request: DownloadRequest,
  onProgress: (progress: DownloadProgress) => void,
): Promise<void> {
  const { AutoModel, AutoTokenizer, env } = await import('@xenova/transformers')
  env.allowRemoteModels = true
  env.allowLocalModels = false
  env.cacheDir = request.cacheDir
  if (request.hubUrl !== undefined) env.remoteHost = request.hubUrl.replace(/\/*$/, '/')
  const options = {
    revision: request.revision,
    progress_callback: (event: { status: string; file?: string; loaded?: number; total?: number }) => {
      if (event.status !== 'progress') return
      onProgress({ file: event.file ?? '', loaded: event.loaded ?? 0, total: event.total ?? 0 })
    },
  }
  await AutoTokenizer.from_pretrained(request.model, options)
  const network = await AutoModel.from_pretrained(request.model, {
    ...options,
    dtype: request.dtype,
    device: 'cpu',
    session_options: { ...SESSION_OPTIONS },
  })
  await network.dispose()
}

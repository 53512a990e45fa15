import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { Kindred } from '../../compose.ts'
import { KindredError } from '../../domain/errors.ts'
import { type KeepEvents, keepSentences } from '../../services/keep-sentences.ts'
import { loadReranker } from '../../services/rerank.ts'
import { EXIT_CODE_OF } from '../exit-code.ts'
import { type Interruption, listenForInterrupts } from '../interrupt.ts'
import { ingestWarnings } from '../render-ingest.ts'
import { placeOf, runIngest } from '../run-ingest.ts'
import { type Session, startSession, useKindred } from '../session.ts'
import { showSettings } from '../settings.ts'
import { counted } from '../style.ts'
import { VERSION } from '../version.ts'

const SAMPLE = fileURLToPath(new URL('../../../data/sample.jsonl', import.meta.url))
const FIRST_QUESTION = 'how do transformers handle long documents'

const HELP = `
Examples:
  $ kindred serve
  $ kindred serve --port 0 --sample

One process at a time writes to an index: while the server runs, \`kindred ingest\`, \`remove\` and \`index rebuild\` work
through it, and a second server on the same folder is refused (exit code ${EXIT_CODE_OF.INDEX_LOCKED}).

Ctrl-C or SIGTERM ends the server when the requests under way are answered; a second one ends it at once.`

async function ingestSample(kindred: Kindred, session: Session, signal: AbortSignal): Promise<void> {
  const { papers } = await kindred.deps.store.stats()
  if (papers > 0) return
  session.output.note('The index is empty: reading the sample papers first.')
  const outcome = await runIngest(placeOf(kindred), session, { paths: [SAMPLE], signal })
  for (const line of ingestWarnings(outcome)) session.output.note(line)
}

function welcome(url: string, papers: number): string {
  const question = `${url}/v1/search?q=${encodeURIComponent(FIRST_QUESTION)}`
  return `Kindred serves ${counted(papers, 'paper')} at ${url} (API: ${url}/docs).\nA first question: ${question}`
}

function fillEvents({ log }: Session): KeepEvents {
  return {
    onFilled: (papers) => log.info({ event: 'sentences_filled', papers }, 'embedded the sentences of papers'),
    onGivenUp: (ids) => log.warn({ event: 'sentences_given_up', ids }, 'the model failed at sentences of papers'),
    onFailure: (err) => log.error({ event: 'sentences_failed', err }, 'embedding sentences failed; tried again later'),
  }
}

async function serve(kindred: Kindred, session: Session, signal: AbortSignal): Promise<void> {
  const { startServer } = await import('../../http/server.ts')
  const { createShelf } = await import('../../maintenance.ts')
  const { deps, readBody } = kindred
  await loadReranker(deps)
  const { host, port, maxQueue, maxWaitMs, indexDir: dir, keepBackups: keep } = session.config
  const backup = createShelf({ dir, version: VERSION, keep })
  const context = { deps, readBody, log: session.log, version: VERSION, lockId: kindred.lock?.id, backup }
  const server = await startServer(context, { host, port, maxQueue, maxWaitMs })
  const filling = keepSentences(deps, fillEvents(session))
  try {
    const { papers } = await deps.store.stats()
    kindred.lock?.announce(server.url)
    if (session.json) await session.output.json({ url: server.url, papers })
    session.output.note(welcome(server.url, papers))
    if (!signal.aborted) await once(signal, 'abort')
    session.output.note('Stopping …')
  } finally {
    kindred.lock?.announce(null)
    await server.close()
    await filling.close()
  }
}

/** A stop while the sample is read is as good an end of the server as any other. */
const isStop = (error: unknown): boolean => error instanceof KindredError && error.code === 'INTERRUPTED'

async function run(options: { readonly sample?: boolean }, command: Command): Promise<void> {
  const { signal, release }: Interruption = listenForInterrupts()
  try {
    const session = await startSession(command, { server: true })
    const { refuseForeignHost } = await import('../../http/server.ts')
    refuseForeignHost(session.config.host)
    await useKindred(session, {}, async (kindred) => {
      if (options.sample) await ingestSample(kindred, session, signal)
      await serve(kindred, session, signal)
    })
  } catch (error) {
    if (!isStop(error)) throw error
  } finally {
    release()
  }
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('answer over HTTP')
    .description('Serves the HTTP API and its documentation.')
    .option('--sample', 'read the sample papers first where the index is empty')
    .addHelpText('after', HELP)
    .action(run)
  showSettings(command, 'server', 'model', 'search', 'graph', 'llm')
}

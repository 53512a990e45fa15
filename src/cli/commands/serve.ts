import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { Kindred } from '../../compose.ts'
import { KindredError } from '../../domain/errors.ts'
import { EXIT_CODE_OF } from '../exit-code.ts'
import { type Interruption, listenForInterrupts } from '../interrupt.ts'
import { ingestWarnings } from '../render-ingest.ts'
import { placeOf, runIngest } from '../run-ingest.ts'
import { runServer } from '../run-server.ts'
import { type Session, startSession, useKindred } from '../session.ts'
import { showSettings } from '../settings.ts'
import { counted } from '../style.ts'

const SAMPLE = fileURLToPath(new URL('../../../data/sample.jsonl', import.meta.url))
const FIRST_QUESTION = 'how do transformers handle long documents'

const HELP = `
Examples:
  $ kindred serve
  $ kindred serve --port 0 --sample

One process at a time writes to an index: while the server runs, \`kindred ingest\`, \`remove\` and \`index rebuild\` work
through it, and a second server on the same folder is refused (exit code ${EXIT_CODE_OF.INDEX_LOCKED}).

With --workers, so many processes answer at the port. One of them writes; what is to be written reaches it whichever
process takes the request. One that dies is started again. Each needs the memory of a whole server.

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

interface Served {
  readonly url: string
  readonly papers: number
}

/** Says that it serves, and later that it stops. */
function announcing({ json, output }: Session) {
  return {
    onServing: async ({ url, papers }: Served) => {
      if (json) await output.json({ url, papers })
      output.note(welcome(url, papers))
    },
    onStopping: () => output.note('Stopping …'),
  }
}

interface Serving {
  readonly signal: AbortSignal
  readonly prepare: (kindred: Kindred) => Promise<void>
}

async function serve(session: Session, { signal, prepare }: Serving): Promise<void> {
  const { isMember } = await import('../../cluster/member.ts')
  if (!isMember() && session.config.workers === 1) {
    return useKindred(session, {}, async (kindred) => {
      await prepare(kindred)
      await runServer(kindred, session, { signal, ...announcing(session) })
    })
  }
  const { runMember, runSupervisor } = await import('../run-workers.ts')
  if (isMember()) return runMember(session, { signal, prepare })
  const exitCode = await runSupervisor(session, { signal, ...announcing(session) })
  if (exitCode !== 0) process.exitCode = exitCode
}

/** A stop while the sample is read is as good an end of the server as any other. */
const isStop = (error: unknown): boolean => error instanceof KindredError && error.code === 'INTERRUPTED'

async function run(options: { readonly sample?: boolean }, command: Command): Promise<void> {
  const { signal, release }: Interruption = listenForInterrupts()
  try {
    const session = await startSession(command, { server: true })
    const { refuseForeignHost } = await import('../../http/server.ts')
    refuseForeignHost(session.config.host)
    const prepare = async (kindred: Kindred) => {
      if (options.sample) await ingestSample(kindred, session, signal)
    }
    await serve(session, { signal, prepare })
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

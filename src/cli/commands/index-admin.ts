import type { Command } from 'commander'
import { z } from 'zod'
import type { Kindred } from '../../compose.ts'
import { KindredError } from '../../domain/errors.ts'
import { rebuildIndex } from '../../services/rebuild.ts'
import { EXIT_CODE_OF } from '../exit-code.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { createProgress } from '../progress.ts'
import { renderVerification } from '../render-stats.ts'
import { runFill } from '../run-fill.ts'
import { type LiveServer, modelOf } from '../server-client.ts'
import { type Session, withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'
import { counted } from '../style.ts'
import { addWaitOptions, type WaitOptions, withWriter } from '../writer.ts'

async function verify(_options: unknown, command: Command): Promise<void> {
  await withKindred(command, { readOnly: true }, async ({ deps }, { output, json }) => {
    const result = await deps.index.verify()
    await (json ? output.json(result) : output.write(renderVerification(result, output.style)))
    if (!result.ok) throw new KindredError('INDEX_DAMAGED', result.problems.join('; '))
  })
}

const Rebuilt = z.object({ embedded: z.int(), vectors: z.int() })

async function writeRebuilt({ embedded, vectors }: z.output<typeof Rebuilt>, { output, json }: Session): Promise<void> {
  const text = `Rebuilt the graph over ${counted(vectors, 'vector')}; ${counted(embedded, 'paper')} embedded again.\n`
  await (json ? output.json({ embedded, vectors }) : output.write(text))
}

async function rebuildHere({ deps }: Kindred, session: Session, signal: AbortSignal): Promise<void> {
  const progress = createProgress({ stream: process.stderr, silent: session.json })
  const { embedded } = await rebuildIndex(deps, { signal, onProgress: progress.papers }).finally(progress.stop)
  await writeRebuilt({ embedded, vectors: deps.index.status().vectors }, session)
  await runFill(deps, session, signal)
}

async function rebuildThrough(server: LiveServer, session: Session, signal: AbortSignal): Promise<void> {
  await modelOf(server, session.config.model)
  const answer = await server.call({ method: 'POST', path: '/v1/admin/rebuild', signal })
  await writeRebuilt(Rebuilt.parse(answer), session)
}

async function rebuild({ wait }: WaitOptions, command: Command): Promise<void> {
  const { signal, release } = listenForInterrupts()
  try {
    await withWriter(command, {
      wait,
      signal,
      allowStale: true,
      here: (kindred, session) => rebuildHere(kindred, session, signal),
      through: (server, session) => rebuildThrough(server, session, signal),
    })
  } finally {
    release()
  }
}

export function addIndex(program: Command): void {
  const index = program
    .command('index')
    .summary('verify or rebuild the index')
    .description('Verifies or rebuilds the vector index.')
  index
    .command('verify')
    .summary('compare the index with its store and measure its recall')
    .description(
      `Compares the index with its store and measures its recall. Exit code ${EXIT_CODE_OF.INDEX_DAMAGED} where it is damaged.`,
    )
    .action(verify)
  const command = index
    .command('rebuild')
    .summary('make the index anew; needed after a change of the model')
    .description('Embeds the papers that have no vector of the configured model, then builds the graph anew.')
  addWaitOptions(command).action(rebuild)
  showSettings(command, 'model', 'graph')
}

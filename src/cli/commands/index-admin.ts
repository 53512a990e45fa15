import type { Command } from 'commander'
import { KindredError } from '../../domain/errors.ts'
import { rebuildIndex } from '../../services/rebuild.ts'
import { EXIT_CODE_OF } from '../exit-code.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { createProgress } from '../progress.ts'
import { renderVerification } from '../render-stats.ts'
import { runFill } from '../run-fill.ts'
import { withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'
import { counted } from '../style.ts'

async function verify(_options: unknown, command: Command): Promise<void> {
  await withKindred(command, { readOnly: true }, async ({ deps }, { output, json }) => {
    const result = await deps.index.verify()
    await (json ? output.json(result) : output.write(renderVerification(result, output.style)))
    if (!result.ok) throw new KindredError('INDEX_DAMAGED', result.problems.join('; '))
  })
}

async function rebuild(_options: unknown, command: Command): Promise<void> {
  const { signal, release } = listenForInterrupts()
  try {
    await withKindred(command, { allowStale: true }, async ({ deps }, session) => {
      const { output, json } = session
      const progress = createProgress({ stream: process.stderr, silent: json })
      const result = await rebuildIndex(deps, { signal, onProgress: progress.papers }).finally(progress.stop)
      const { vectors } = deps.index.status()
      const text = `Rebuilt the graph over ${counted(vectors, 'vector')}; ${counted(result.embedded, 'paper')} embedded again.\n`
      await (json ? output.json({ ...result, vectors }) : output.write(text))
      await runFill(deps, session, signal)
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
    .action(rebuild)
  showSettings(command, 'model', 'graph')
}

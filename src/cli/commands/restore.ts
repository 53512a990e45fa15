import type { Command } from 'commander'
import type { BackupManifest } from '../../maintenance.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { renderManifest } from '../render-backup.ts'
import { startSession, withKindred } from '../session.ts'
import { counted } from '../style.ts'

const HELP = `
The archive is checked whole before anything is put into the folder, which must be empty or not there yet. Searches
compare with every vector until the graph is built: by the next \`kindred serve\`, or at once with --graph.

Examples:
  $ kindred restore papers-2024-05-06.tar --index restored
  $ kindred restore papers-2024-05-06.tar --verify`

interface RestoreOptions {
  readonly verify?: boolean
  readonly graph?: boolean
}

async function buildGraph(command: Command): Promise<void> {
  // Of whatever model the papers are: a restore embeds nothing.
  await withKindred(command, { allowStale: true }, async ({ deps }) => deps.index.rebuild())
}

async function run(file: string, { verify = false, graph = false }: RestoreOptions, command: Command): Promise<void> {
  const { signal, release } = listenForInterrupts()
  const { config, output, json } = await startSession(command)
  const { restoreInto, verifyBackup } = await import('../../maintenance.ts')
  try {
    const manifest: BackupManifest = verify
      ? await verifyBackup(file, signal)
      : await restoreInto({ file, dir: config.indexDir, signal })
    if (graph && !verify) await buildGraph(command)
    const done = verify
      ? 'The backup is sound.'
      : `Restored ${counted(manifest.papers, 'paper')} to ${config.indexDir}.`
    await (json
      ? output.json({ restored: !verify, manifest })
      : output.write(`${done}\n${renderManifest(manifest, output.style)}`))
  } finally {
    release()
  }
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .summary('take the papers of a backup into an empty index folder')
    .description('Checks a backup and takes its papers into an empty or new index folder (--index).')
    .argument('<file>', 'an archive that `kindred backup` wrote')
    .option('--verify', 'only check the archive, as a restore would')
    .option('--graph', 'build the graph at once, not by the next start')
    .addHelpText('after', HELP)
    .action(run)
}

import type { Command } from 'commander'
import type { Backup } from '../../maintenance.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { createProgress } from '../progress.ts'
import { renderBackup } from '../render-backup.ts'
import { requireIndex, startSession } from '../session.ts'
import { VERSION } from '../version.ts'

const HELP = `
Others may go on reading and writing: the archive holds the papers as they stood at one moment. It appears under its
name when it is whole; a backup that fails or is stopped leaves nothing. The graph is not in it: a restore builds it anew.

Examples:
  $ kindred backup papers-2024-05-06.tar
  $ kindred restore papers-2024-05-06.tar --verify`

interface BackupOptions {
  readonly force?: boolean
}

async function run(file: string, { force = false }: BackupOptions, command: Command): Promise<void> {
  const { signal, release } = listenForInterrupts()
  const { config, output, json } = await startSession(command)
  requireIndex(config.indexDir)
  const { createBackup } = await import('../../maintenance.ts')
  const progress = createProgress({ stream: process.stderr, silent: json, describe: () => 'backing up' })
  const onProgress = (share: number) => progress.papers(Math.round(share * 1_000), 1_000)
  try {
    const backup: Backup = await createBackup({
      dir: config.indexDir,
      file,
      version: VERSION,
      force,
      signal,
      onProgress,
    }).finally(progress.stop)
    await (json ? output.json(backup) : output.write(renderBackup(backup, output.style)))
  } finally {
    release()
  }
}

export function addBackup(program: Command): void {
  program
    .command('backup')
    .summary('write all papers into one archive, while others read and write')
    .description('Writes one archive of the papers with their embeddings, as they stand at one moment.')
    .argument('<file>', 'where to, a tar archive')
    .option('--force', 'replace an archive of that name')
    .addHelpText('after', HELP)
    .action(run)
}

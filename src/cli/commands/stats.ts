import type { Command } from 'commander'
import { stats } from '../../services/stats.ts'
import { renderStats } from '../render-stats.ts'
import { withKindred } from '../session.ts'

async function run(_options: unknown, command: Command): Promise<void> {
  await withKindred(command, { readOnly: true, allowStale: true }, async ({ deps }, { output, json }) => {
    const report = await stats(deps)
    await (json ? output.json(report) : output.write(renderStats(report, output.style)))
  })
}

export function addStats(program: Command): void {
  program
    .command('stats')
    .summary('say what is in the index')
    .description('Says how many papers there are, where they came from and what the index is made with.')
    .action(run)
}

import type { Command } from 'commander'
import { describeConfig, type SettingRow } from '../../config/describe.ts'
import { startSession } from '../session.ts'
import { showSettings } from '../settings.ts'
import { printable, type Style } from '../style.ts'

function renderConfig(rows: readonly SettingRow[], style: Style): string {
  const [keys, values] = [
    Math.max(...rows.map(({ key }) => key.length)),
    Math.max(...rows.map(({ value }) => String(value).length)),
  ]
  return rows
    .map(({ key, value, origin }) => {
      const shown = value === null || value === '' ? '-' : printable(String(value))
      return `${key.padEnd(keys)}  ${shown.padEnd(values)}  ${style.paint('dim', origin)}\n`
    })
    .join('')
}

async function run(_options: unknown, command: Command): Promise<void> {
  const { config, origins, output, json } = await startSession(command)
  const settings = describeConfig(config, origins)
  await (json ? output.json({ settings }) : output.write(renderConfig(settings, output.style)))
}

export function addConfig(program: Command): void {
  const command = program
    .command('config')
    .summary('print the settings in force and where each came from')
    .description('Prints the settings in force and where each came from: default < file < environment < flag.')
    .action(run)
  showSettings(command, 'server', 'model', 'search', 'graph', 'llm')
}

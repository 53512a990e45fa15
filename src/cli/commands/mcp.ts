import type { Command } from 'commander'
import { CODES, type KindredError } from '../../domain/errors.ts'
import { loadReranker } from '../../services/rerank.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { takeStandardOutput } from '../protocol-output.ts'
import { withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'
import { VERSION } from '../version.ts'

const HELP = `
For the settings of an assistant, which starts it itself:
  { "mcpServers": { "kindred": { "command": "kindred", "args": ["mcp", "--index", "/path/to/index"] } } }

Give the index as a whole path: assistants start programs in folders of their own. In a clone, "command" is "node" and
the first of "args" the whole path of dist/cli/main.js; npm writes lines of its own to standard output.

It only reads the index: a server and any ingest may run beside it, and what they add is found at once. Standard output
carries the protocol, and nothing else; it ends when its input does, or by Ctrl-C. A running \`kindred serve\` offers
the same tools at /mcp.`

async function run(_options: unknown, command: Command): Promise<void> {
  const output = takeStandardOutput()
  const { signal, release } = listenForInterrupts()
  try {
    await withKindred(command, { readOnly: true }, async ({ deps }, { log }) => {
      const { serveMcpStdio } = await import('../../mcp/stdio.ts')
      await loadReranker(deps)
      const onFault = (error: KindredError): void =>
        log.error({ err: error.cause ?? error, code: error.code }, CODES[error.code].text)
      await serveMcpStdio({ deps, version: VERSION, onFault }, { input: process.stdin, output, signal })
    })
  } finally {
    // An open pipe would keep the process alive after Ctrl-C.
    process.stdin.destroy()
    release()
  }
}

export function addMcp(program: Command): void {
  const command = program
    .command('mcp')
    .summary('serve an assistant by the Model Context Protocol, over stdio')
    .description('Serves tools, resources and prompts to one assistant by the Model Context Protocol, over stdio.')
    .addHelpText('after', HELP)
    .action(run)
  showSettings(command, 'model', 'search')
}

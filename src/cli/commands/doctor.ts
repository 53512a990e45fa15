import type { Command } from 'commander'
import { writeFileAtomically } from '../../disk/atomic-file.ts'
import type { Finding } from '../../domain/checkup.ts'
import { fail } from '../../domain/errors.ts'
import type { Paper } from '../../domain/paper.ts'
import { fillSentences } from '../../services/fill-sentences.ts'
import { rebuildIndex } from '../../services/rebuild.ts'
import { FINDINGS } from '../exit-code.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { renderFindings } from '../render-findings.ts'
import { requireIndex, type Session, startSession, withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'
import { counted } from '../style.ts'

const HELP = `
Nothing is changed without --repair, and no paper is ever deleted: those that cannot be mended are listed by id.
--repair keeps a copy first (papers.db.before-repair.bak). Stop the server before it.

Examples:
  $ kindred doctor --json
  $ kindred doctor --repair
  $ kindred doctor --salvage rescued.jsonl.gz && kindred ingest rescued.jsonl.gz --index new`

interface DoctorOptions {
  readonly quick?: boolean
  readonly repair?: boolean
  readonly salvage?: string
}

/** Papers, vectors or a graph that a repair of the database leaves to be made anew. */
const LEFT_TO_EMBED = new Set(['missing vectors', 'graph'])

async function report(findings: readonly Finding[], repaired: readonly string[], session: Session): Promise<void> {
  const { output, json } = session
  const faults = findings.filter(({ status }) => status === 'fault').length
  await (json
    ? output.json({ ok: faults === 0, findings, repaired })
    : output.write(renderFindings(findings, repaired, output.style)))
  if (faults > 0) process.exitCode = FINDINGS
}

/** Embeds what is missing where the papers are of the configured model; another one's would have to be embedded whole. */
async function embedMissing(command: Command, signal: AbortSignal): Promise<string[]> {
  const done: string[] = []
  await withKindred(command, { allowStale: true }, async ({ deps }) => {
    const { papers, vectors } = await deps.store.stats()
    if (papers > 0 && vectors === 0) return
    const { embedded } = await rebuildIndex(deps, { signal })
    await fillSentences(deps, { signal })
    done.push(`embedded ${counted(embedded, 'paper')} anew`, 'built the graph anew')
  })
  return done
}

async function repair(command: Command, session: Session, signal: AbortSignal): Promise<void> {
  const { config } = session
  const { diagnose, repairIndex } = await import('../../maintenance.ts')
  const repaired = await repairIndex(config.indexDir)
  const between = await diagnose(config)
  if (between.some(({ check, status }) => status === 'fault' && LEFT_TO_EMBED.has(check))) {
    repaired.push(...(await embedMissing(command, signal)))
  }
  await report(await diagnose(config), repaired, session)
}

async function salvage(file: string, { config, output, json }: Session, signal: AbortSignal): Promise<void> {
  const { salvagePapers } = await import('../../maintenance.ts')
  let papers = 0
  async function* lines(found: Iterable<Paper>): AsyncGenerator<string> {
    for (const paper of found) {
      if (signal.aborted) fail('INTERRUPTED')
      papers += 1
      yield `${JSON.stringify(paper)}\n`
    }
  }
  await writeFileAtomically(file, lines(salvagePapers(config.indexDir)), { signal, gzip: true })
  await (json ? output.json({ papers, file }) : output.write(`Saved ${counted(papers, 'paper')} to ${file}.\n`))
}

async function run(options: DoctorOptions, command: Command): Promise<void> {
  const { signal, release } = listenForInterrupts()
  const session = await startSession(command)
  const { config } = session
  requireIndex(config.indexDir)
  try {
    if (options.salvage !== undefined) return await salvage(options.salvage, session, signal)
    if (options.repair) return await repair(command, session, signal)
    const { diagnose } = await import('../../maintenance.ts')
    await report(await diagnose(config, { quick: options.quick ?? false }), [], session)
  } finally {
    release()
  }
}

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .summary('examine the index folder, and mend what can be made anew')
    .description(
      `Examines database, papers, vectors, text index, graph, files and model. Exit code ${FINDINGS} where something is to be mended.`,
    )
    .option('--quick', "the database's own quick check, the graph and the files only")
    .option('--repair', 'build what is derived anew, drop what belongs to no paper, embed what is missing')
    .option('--salvage <file>', 'save every paper that can be read as JSONL (.gz: compressed)')
    .addHelpText('after', HELP)
    .action(run)
  showSettings(command, 'model')
}

import type { Command } from 'commander'
import { z } from 'zod'
import { fail } from '../../domain/errors.ts'
import type { Deps } from '../../services/deps.ts'
import { getPapers, removePaper } from '../../services/papers.ts'
import type { LiveServer } from '../server-client.ts'
import type { Session } from '../session.ts'
import { counted } from '../style.ts'
import { addWaitOptions, type WaitOptions, withWriter } from '../writer.ts'

const HELP = `
Where one of the ids is unknown, nothing is removed.

Examples:
  $ kindred remove attention-is-all-you-need-7c2f4e
  $ kindred remove arxiv:1706.03762 doi:10.1000/xyz123`

/** What removing needs: of the index itself, or of the server that has it. */
interface Shelf {
  /** The papers' ids in the order asked for, null where there is none. */
  readonly idsOf: (references: string[]) => Promise<(string | null)[]>
  readonly remove: (id: string) => Promise<void>
}

const shelfOf = (deps: Deps): Shelf => ({
  idsOf: async (references) => (await getPapers(deps, references)).map((paper) => paper?.id ?? null),
  remove: (id) => removePaper(deps, id),
})

const Found = z.array(z.object({ id: z.string() }).nullable())
/** As many as the route looks up at once. */
const LOOK_UP = 500

function shelfThrough(server: LiveServer): Shelf {
  const lookUp = async (ids: string[]): Promise<(string | null)[]> => {
    const body = { type: 'application/json', content: JSON.stringify({ ids }) }
    const papers = Found.parse(await server.call({ method: 'POST', path: '/v1/papers/batch', body }))
    return papers.map((paper) => paper?.id ?? null)
  }
  return {
    idsOf: async (references) => {
      const found: (string | null)[] = []
      for (let at = 0; at < references.length; at += LOOK_UP) {
        found.push(...(await lookUp(references.slice(at, at + LOOK_UP))))
      }
      return found
    },
    remove: async (id) => {
      await server.call({ method: 'DELETE', path: `/v1/papers/${encodeURIComponent(id)}` })
    },
  }
}

/** The ids of the papers that the references mean, each once; two references may mean one paper. */
async function resolve(shelf: Shelf, references: string[]): Promise<string[]> {
  const ids = await shelf.idsOf(references)
  const unknown = references.filter((_reference, at) => !ids[at])
  if (unknown.length > 0)
    fail('PAPER_NOT_FOUND', `No paper has the id ${unknown.map((id) => `"${id}"`).join(', ')}; nothing was removed.`)
  return [...new Set(ids.flatMap((id) => id ?? []))]
}

async function run(references: string[], { wait }: WaitOptions, command: Command): Promise<void> {
  const removeFrom = async (shelf: Shelf, { output, json }: Session): Promise<void> => {
    const removed = await resolve(shelf, references)
    for (const id of removed) await shelf.remove(id)
    await (json ? output.json({ removed }) : output.write(`Removed ${counted(removed.length, 'paper')}.\n`))
  }
  await withWriter(command, {
    wait,
    allowStale: true,
    here: ({ deps }, session) => removeFrom(shelfOf(deps), session),
    through: (server, session) => removeFrom(shelfThrough(server), session),
  })
}

export function addRemove(program: Command): void {
  const command = program
    .command('remove')
    .summary('delete papers')
    .description('Deletes papers; they are in no answer from then on.')
    .argument('<ids...>', 'ids, arxiv:… or doi:…')
  addWaitOptions(command).addHelpText('after', HELP).action(run)
}

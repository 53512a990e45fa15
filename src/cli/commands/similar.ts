import { type Command, Option } from 'commander'
import { fail } from '../../domain/errors.ts'
import { type List, SimilarMode, SimilarRequest, SimilarTextRequest } from '../../domain/query.ts'
import type { Deps } from '../../services/deps.ts'
import { similarPapers } from '../../services/similar.ts'
import { similarToText } from '../../services/similar-text.ts'
import { addFilterOptions, type FilterOptions, filtered } from '../filter-options.ts'
import { readText } from '../read-text.ts'
import { findPaper } from '../reference.ts'
import { addPageOptions, type PageOptions, pageOf, parseRequest, writeList } from '../request.ts'
import { withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'

const HELP = `
Examples:
  $ kindred similar arxiv:1706.03762
  $ kindred similar "Attention Is All You Need" --limit 5
  $ kindred similar --text "We propose a network that …"
  $ kindred similar --text - < draft.txt`

interface SimilarOptions extends PageOptions, FilterOptions {
  readonly text?: string
  readonly mode?: SimilarMode
}

type Find = (deps: Deps) => Promise<List>

async function likeText(text: string, options: SimilarOptions): Promise<Find> {
  const pasted = text === '-' ? await readText('-') : text
  const given = { text: pasted, mode: options.mode, ...pageOf(options), filter: options.filter }
  const request = filtered(parseRequest(SimilarTextRequest, given), options)
  return (deps) => similarToText(deps, request)
}

function likePaper(reference: string, options: SimilarOptions): Find {
  const given = { id: reference, mode: options.mode, ...pageOf(options), filter: options.filter }
  const request = filtered(parseRequest(SimilarRequest, given), options)
  return async (deps) => similarPapers(deps, { ...request, id: (await findPaper(deps, reference)).id })
}

async function run(words: string[], options: SimilarOptions, command: Command): Promise<void> {
  const reference = words.join(' ')
  if ((reference === '') === (options.text === undefined)) {
    fail('INVALID_REQUEST', 'Give either a paper (its id or title) or --text.')
  }
  const find = options.text === undefined ? likePaper(reference, options) : await likeText(options.text, options)
  await withKindred(command, { readOnly: true }, async ({ deps }, session) => {
    await writeList(deps, await find(deps), { ...session, format: options.format })
  })
}

export function addSimilar(program: Command): void {
  const command = program
    .command('similar')
    .summary('find papers like one, or like a pasted text')
    .description('Finds papers like a paper of the index, or like a text.')
    .argument('[paper...]', 'an id, arxiv:…, doi:…, or the exact title')
    .option('--text <text>', 'a text instead of a paper; - reads it from standard input')
    .addOption(
      new Option('--mode <mode>', 'by meaning alone (dense), or also by shared words (hybrid; default: dense)').choices(
        SimilarMode.options,
      ),
    )
  addFilterOptions(addPageOptions(command)).addHelpText('after', HELP).action(run)
  showSettings(command, 'search')
}

import type { Command } from 'commander'
import { fail } from '../../domain/errors.ts'
import { type List, MAX_TEXT, SimilarRequest, SimilarTextRequest } from '../../domain/query.ts'
import type { Deps } from '../../services/deps.ts'
import { similarPapers } from '../../services/similar.ts'
import { similarToText } from '../../services/similar-text.ts'
import { addFilterOptions, type FilterOptions, filtered } from '../filter-options.ts'
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
}

type Find = (deps: Deps) => Promise<List>

/** Standard input, read no further than a pasted text can be. */
async function readText(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    text += chunk
    if (text.length > 2 * MAX_TEXT) break
  }
  return text
}

async function likeText(text: string, options: SimilarOptions): Promise<Find> {
  const pasted = text === '-' ? await readText() : text
  const given = { text: pasted, ...pageOf(options), filter: options.filter }
  const request = filtered(parseRequest(SimilarTextRequest, given), options)
  return (deps) => similarToText(deps, request)
}

function likePaper(reference: string, options: SimilarOptions): Find {
  const given = { id: reference, ...pageOf(options), filter: options.filter }
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
    await writeList(deps, await find(deps), session)
  })
}

export function addSimilar(program: Command): void {
  const command = program
    .command('similar')
    .summary('find papers like one, or like a pasted text')
    .description('Finds papers like a paper of the index, or like a text.')
    .argument('[paper...]', 'an id, arxiv:…, doi:…, or the exact title')
    .option('--text <text>', 'a text instead of a paper; - reads it from standard input')
  addFilterOptions(addPageOptions(command)).addHelpText('after', HELP).action(run)
  showSettings(command, 'search')
}

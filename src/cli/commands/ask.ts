import { type Command, Option } from 'commander'
import { AskRequest } from '../../domain/ask.ts'
import type { Citation } from '../../domain/context.ts'
import { answerQuestion, openAnswer } from '../../services/ask/ask.ts'
import type { Deps } from '../../services/deps.ts'
import { loadReranker } from '../../services/rerank.ts'
import { EXIT_CODE_OF } from '../exit-code.ts'
import { addFilterOptions, type FilterOptions, filtered } from '../filter-options.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { renderSources, summarizeAnswer } from '../render-answer.ts'
import { decimal, parseRequest, wholeNumber } from '../request.ts'
import { type Session, withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'

const HELP = `
Without --llm-base-url the answer is made of sentences of the papers. With it, the question and excerpts of papers are
sent there. Exit code ${EXIT_CODE_OF.UPSTREAM_FAILED} where the language model gives no answer.

Examples:
  $ kindred ask "how can a model read very long documents"
  $ kindred ask "what do diffusion models need" --year 2021- --json
  $ kindred ask "masked language models" --llm-base-url http://127.0.0.1:11434/v1 --llm-model llama3.1`

interface AskOptions extends FilterOptions {
  readonly extractive?: boolean
  readonly maxTokens?: number
  readonly contextTokens?: number
  readonly limit?: number
  readonly diversity?: number
  readonly minScore?: number
  readonly verify?: boolean
}

function requestOf(words: readonly string[], options: AskOptions): AskRequest {
  const { extractive, maxTokens, contextTokens, limit, diversity, minScore, verify, filter } = options
  const given = { extractive, maxTokens, contextTokens, limit, diversity, minScore, verify, filter }
  return filtered(parseRequest(AskRequest, { question: words.join(' '), ...given }), options)
}

interface Asked {
  readonly request: AskRequest
  readonly signal: AbortSignal
}

/** As it comes; the sources stand below. */
async function tell(deps: Deps, { output }: Session, { request, signal }: Asked): Promise<void> {
  const citations: Citation[] = []
  for await (const { event, data } of await openAnswer(deps, request, signal)) {
    if (event === 'citation') citations.push(data)
    else if (event === 'delta') await output.write(data.text)
    else {
      await output.write(`\n${renderSources(citations, output.style)}`)
      output.note(summarizeAnswer(data))
    }
  }
}

async function run(words: string[], options: AskOptions, command: Command): Promise<void> {
  const request = requestOf(words, options)
  const { signal, release } = listenForInterrupts()
  try {
    await withKindred(command, { readOnly: true }, async ({ deps }, session) => {
      await loadReranker(deps)
      const asked = { request, signal }
      if (session.json) await session.output.json(await answerQuestion(deps, request, signal))
      else await tell(deps, session, asked)
    })
  } finally {
    release()
  }
}

export function addAsk(program: Command): void {
  const command = program
    .command('ask')
    .summary('answer a question from the papers, with citations')
    .description(
      'Answers from what the papers say, each statement with the key of its paper: written by a language model where one ' +
        'is configured, else made of sentences of the papers. Says so where no paper speaks of what was asked.',
    )
    .argument('<question...>', 'the question, in plain words')
    .option('--extractive', 'do without the language model that is configured')
    .addOption(new Option('--max-tokens <count>', 'how long the answer may be').argParser(wholeNumber))
    .addOption(
      new Option('--context-tokens <count>', 'how much of the papers the model is shown (default: 4000)').argParser(
        wholeNumber,
      ),
    )
    .addOption(new Option('-n, --limit <count>', 'how many papers at most (default: 8)').argParser(wholeNumber))
    .addOption(
      new Option('--diversity <share>', '0 to 1: how much papers shall differ (default: 0.1)').argParser(decimal),
    )
    .addOption(
      new Option('--min-score <score>', '0 to 1: leave out papers with a lower score (default: 0)').argParser(decimal),
    )
    .option('--no-verify', 'do not check the quotes of the answer')
  addFilterOptions(command).addHelpText('after', HELP).action(run)
  showSettings(command, 'search', 'llm')
}

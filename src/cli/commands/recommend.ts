import { type Command, Option } from 'commander'
import { RecommendRequest, RecommendStrategy } from '../../domain/recommend.ts'
import type { Deps } from '../../services/deps.ts'
import { recommend } from '../../services/recommend.ts'
import { addFilterOptions, type FilterOptions, filtered } from '../filter-options.ts'
import { findPaper } from '../reference.ts'
import { addPageOptions, type PageOptions, pageOf, parseRequest, writeList } from '../request.ts'
import { withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'

const HELP = `
Examples:
  $ kindred recommend arxiv:1706.03762 "Denoising Diffusion Probabilistic Models"
  $ kindred recommend arxiv:1706.03762 --not arxiv:2010.11929 --explain
  $ kindred recommend --text "We propose a network that …" --diversity 0.3`

interface RecommendOptions extends PageOptions, FilterOptions {
  readonly not?: readonly string[]
  readonly text?: readonly string[]
  readonly strategy?: RecommendStrategy
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

const idsOf = (deps: Deps, references: readonly string[]): Promise<string[]> =>
  Promise.all(references.map(async (reference) => (await findPaper(deps, reference)).id))

async function run(papers: string[], options: RecommendOptions, command: Command): Promise<void> {
  const { not = [], text = [], strategy } = options
  const given = {
    positive: text.map((each) => ({ text: each })),
    positivePaperIds: papers,
    negativePaperIds: not,
    strategy,
    ...pageOf(options),
    filter: options.filter,
  }
  const request = filtered(parseRequest(RecommendRequest, given), options)
  await withKindred(command, { readOnly: true }, async ({ deps }, session) => {
    const [positivePaperIds, negativePaperIds] = await Promise.all([idsOf(deps, papers), idsOf(deps, not)])
    await writeList(deps, await recommend(deps, { ...request, positivePaperIds, negativePaperIds }), {
      ...session,
      format: options.format,
    })
  })
}

export function addRecommend(program: Command): void {
  const command = program
    .command('recommend')
    .summary('find papers like several, and unlike others')
    .description(
      'Finds papers like those named, each topic among them in its turn, and unlike those that are not wanted.',
    )
    .argument('[papers...]', 'ids, arxiv:…, doi:…, or exact titles, each in quotes')
    .addOption(
      new Option('--not <paper>', 'a paper that the others shall be unlike; again for more').argParser(collect),
    )
    .addOption(new Option('--text <text>', 'a text that they shall be like; again for more').argParser(collect))
    .addOption(
      new Option('--strategy <name>', 'how several become one list (default: multiInterest)').choices(
        RecommendStrategy.options,
      ),
    )
  addFilterOptions(addPageOptions(command)).addHelpText('after', HELP).action(run)
  showSettings(command, 'search')
}

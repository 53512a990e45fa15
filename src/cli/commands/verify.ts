import { type Command, Option } from 'commander'
import { VerifyRequest } from '../../domain/verify.ts'
import { verifyAnswer } from '../../services/verify/verify-answer.ts'
import { CHECK_FAILED } from '../exit-code.ts'
import { readText } from '../read-text.ts'
import { renderVerification, summarizeVerification } from '../render-verify.ts'
import { parseRequest, wholeNumber } from '../request.ts'
import { withKindred } from '../session.ts'

const HELP = `
A quote is a text of four words or more in quotation marks; it must stand in the paper whose key follows or precedes it
in square brackets, such as [vaswani2017]. Exit code 6 where a quote is altered or missing or a key is of no paper.

Examples:
  $ kindred verify answer.md
  $ some-model < context.md | kindred verify - --json`

async function run(path: string, { minWords }: { readonly minWords?: number }, command: Command): Promise<void> {
  const request = parseRequest(VerifyRequest, { answer: await readText(path), minWords })
  await withKindred(command, { readOnly: true, allowStale: true }, async ({ deps }, { output, json }) => {
    const verification = await verifyAnswer(deps, request)
    if (!verification.ok) process.exitCode = CHECK_FAILED
    if (json) return output.json(verification)
    await output.write(renderVerification(verification, output.style))
    output.note(summarizeVerification(verification))
  })
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .summary('check the quotes and citation keys of an answer')
    .description('Checks each quote of a text word by word against the papers, and each citation key.')
    .argument('<file>', 'the text, or - for standard input')
    .addOption(
      new Option('--min-words <count>', 'shorter texts in quotation marks are no quotes (default: 4)').argParser(
        wholeNumber,
      ),
    )
    .addHelpText('after', HELP)
    .action(run)
}

// Kindred as a retriever of LangChain.js: papers for a question, as a prompt that names the citation keys.
//
//   node examples/langchain.mjs "how can a model read very long documents" http://127.0.0.1:8787
//   node examples/langchain.mjs "how can a model read very long documents" index
//
// The second argument is the address of `kindred serve`, or an index folder, which is then opened in this process.
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { RunnableLambda, RunnablePassthrough } from '@langchain/core/runnables'
import { KindredError, loadConfig, openKindred } from 'kindred'
import { KindredRetriever } from 'kindred/langchain'

const [question = 'how can a model read very long documents', where = 'http://127.0.0.1:8787'] = process.argv.slice(2)

const sources = RunnableLambda.from((documents) =>
  documents.map(({ metadata, pageContent }) => `[${metadata.citationKey}] ${pageContent}`).join('\n\n'),
)
const prompt = ChatPromptTemplate.fromTemplate(
  'Answer from these papers alone, and cite them by their keys in square brackets.\n\n{papers}\n\nQuestion: {question}',
)

const kindred = /^https?:/.test(where)
  ? undefined
  : await openKindred(loadConfig({ flags: { indexDir: where }, env: process.env }).config, { readOnly: true })
try {
  const place = kindred ? { kindred } : { url: where }
  const retriever = new KindredRetriever({ ...place, k: 3, filter: { year: { $gte: 2017 } } })
  const chain = RunnablePassthrough.assign({ papers: ({ question }) => retriever.pipe(sources).invoke(question) }).pipe(
    prompt,
  )
  // A chat model goes behind the prompt: chain.pipe(model).
  const { messages } = await chain.invoke({ question }, { signal: AbortSignal.timeout(30_000) })
  console.log(messages[0].content)
} catch (error) {
  if (!(error instanceof KindredError)) throw error
  console.error(`${error.code}: ${error.message} ${error.remedy}`)
  process.exitCode = 1
} finally {
  await kindred?.close()
}

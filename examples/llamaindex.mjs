// Kindred as a retriever of LlamaIndex.TS: papers for a question, with their scores and citation keys.
//
//   node examples/llamaindex.mjs "how can a model read very long documents" http://127.0.0.1:8787
//   node examples/llamaindex.mjs "how can a model read very long documents" index
//
// The second argument is the address of `kindred serve`, or an index folder, which is then opened in this process.
import { MetadataMode } from '@llamaindex/core/schema'
import { KindredError, loadConfig, openKindred } from 'kindred'
import { KindredRetriever } from 'kindred/llamaindex'

const [question = 'how can a model read very long documents', where = 'http://127.0.0.1:8787'] = process.argv.slice(2)

const kindred = /^https?:/.test(where)
  ? undefined
  : await openKindred(loadConfig({ flags: { indexDir: where }, env: process.env }).config, { readOnly: true })
try {
  const place = kindred ? { kindred } : { url: where }
  const retriever = new KindredRetriever({ ...place, k: 3, content: 'evidence' })
  const nodes = await retriever.retrieve({ query: question }, { signal: AbortSignal.timeout(30_000) })
  for (const { node, score } of nodes) {
    console.log(`${score.toFixed(3)} [${node.metadata.citationKey}] ${node.getContent(MetadataMode.NONE)}\n`)
  }
} catch (error) {
  if (!(error instanceof KindredError)) throw error
  console.error(`${error.code}: ${error.message} ${error.remedy}`)
  process.exitCode = 1
} finally {
  await kindred?.close()
}

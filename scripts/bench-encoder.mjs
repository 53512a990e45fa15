// What one text costs on our own kernels and on onnxruntime: processor time of the network alone, in turns in this
// process, for rows of several lengths; then how long a question takes through an embedding process.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadNativeEncoder, nativeNetwork } from '../dist/embed/native-encoder.js'
import { openNetwork } from '../dist/embed/network.js'
import { openTransformersEmbedder } from '../dist/embed/transformers.js'

const MODEL = 'Xenova/all-MiniLM-L6-v2'
const MODELS = fileURLToPath(new URL('../models', import.meta.url))
const FOLDER = join(MODELS, MODEL)
const ROUNDS = 7
/** Tokens that each turn runs through. */
const TOKENS = 5_120
const LENGTHS = [16, 64, 128, 256]
const QUESTIONS = 200

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]

async function processorMs(network, ids, count) {
  const before = process.cpuUsage()
  for (let at = 0; at < count; at += 1) await network.run({ ids }, () => null)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / count
}

async function compareNetworks(networks) {
  for (const length of LENGTHS) {
    const ids = Array.from({ length }, (_, at) => 1_000 + ((at * 7_919) % 20_000))
    const spent = networks.map(() => [])
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [at, network] of networks.entries()) spent[at].push(await processorMs(network, ids, TOKENS / length))
    const ratios = spent[0].map((ours, at) => spent[1][at] / ours).toSorted((one, other) => one - other)
    const [ours, theirs] = spent.map((each) => median(each).toFixed(2))
    const spread = `${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)}`
    console.log(
      `${length} tokens: ours ${ours} ms, onnxruntime ${theirs} ms, ${median(ratios).toFixed(2)} times (${spread})`,
    )
  }
}

async function timeQuestions(encoder) {
  const settings = { model: MODEL, modelsDir: MODELS, cacheDir: MODELS, allowDownload: false, workers: 1, encoder }
  const startedAt = performance.now()
  const embedder = await openTransformersEmbedder(settings)
  await embedder.embed(['what do frogs eat in winter?'], 'query')
  const start = performance.now() - startedAt
  const times = []
  for (let at = 0; at < QUESTIONS; at += 1) {
    const before = performance.now()
    await embedder.embed([`what do frogs eat in winter number ${at % 20}?`], 'query')
    times.push(performance.now() - before)
  }
  await embedder.close()
  console.log(`${encoder}: first answer after ${start.toFixed(0)} ms, a question ${median(times).toFixed(2)} ms`)
}

const Encoder = loadNativeEncoder()
if (!Encoder) {
  console.error('native/encoder is not built, or this processor has no AVX-512 with VNNI')
  process.exit(1)
}
const file = readFileSync(join(FOLDER, 'onnx/model_quantized.onnx'))
const networks = [nativeNetwork(Encoder, file, 256), await openNetwork({ folder: FOLDER, dtype: 'q8' })]
await compareNetworks(networks)
for (const encoder of ['auto', 'onnxruntime', 'auto', 'onnxruntime']) await timeQuestions(encoder)
await networks[1].dispose()

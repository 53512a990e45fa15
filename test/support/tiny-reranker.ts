import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type OnnxGraph, type OnnxNode, onnxModel } from './onnx.ts'

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
const SEP = SPECIAL.indexOf('[SEP]')

/** Positive only where a question and a passage share words. */
const BIAS = -2.5

/** Of a pair that the model reads whole: each word counts as often as it stands in the one times in the other. */
export function tinyLogit(sharedWords: number): number {
  // One for [SEP], which closes both: cut off it would be missing.
  return sharedWords + 1 + BIAS
}

export const logistic = (value: number): number => 1 / (1 + Math.exp(-value))

interface TinyReranker {
  /** The words it knows, in lower case; the others are nothing to it. */
  readonly words: readonly string[]
  /** Longest pair. */
  readonly maxTokens?: number
  /** One logit, or two labels: then their difference is twice the logit. Other numbers are no cross-encoder. */
  readonly labels?: 1 | 2 | 3
}

/** Both sides as counts of words, and the sum over the words of the product of both counts. */
function graph(vocabulary: number, labels: number): OnnxGraph {
  // Each piece is a direction of its own; of the special ones only [SEP] counts.
  const table = Array.from({ length: vocabulary ** 2 }, (_, at) => {
    const [row, column] = [Math.floor(at / vocabulary), at % vocabulary]
    return row === column && (row === SEP || row >= SPECIAL.length) ? 1 : 0
  })
  const side = (mask: string, name: string): OnnxNode[] => [
    { type: 'Unsqueeze', inputs: [mask], output: `${name}_row`, attributes: { axes: [1] } },
    { type: 'MatMul', inputs: [`${name}_row`, 'directions'], output: name },
  ]
  return {
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
    output: { name: 'logits', columns: labels },
    constants: [
      { name: 'table', dims: [vocabulary, vocabulary], values: table },
      { name: 'bias', dims: [1], values: [BIAS] },
      { name: 'signs', dims: [1, labels], values: labels === 1 ? [1] : [-1, 1, 0].slice(0, labels) },
    ],
    nodes: [
      { type: 'Gather', inputs: ['table', 'input_ids'], output: 'directions' },
      { type: 'Cast', inputs: ['attention_mask'], output: 'attended', attributes: { to: 1 } },
      { type: 'Cast', inputs: ['token_type_ids'], output: 'types', attributes: { to: 1 } },
      { type: 'Mul', inputs: ['attended', 'types'], output: 'second' },
      { type: 'Sub', inputs: ['attended', 'second'], output: 'first' },
      ...side('first', 'question'),
      ...side('second', 'passage'),
      { type: 'Mul', inputs: ['question', 'passage'], output: 'products' },
      { type: 'ReduceSum', inputs: ['products'], output: 'shared', attributes: { axes: [2], keepdims: 0 } },
      { type: 'Add', inputs: ['shared', 'bias'], output: 'logit' },
      { type: 'Mul', inputs: ['logit', 'signs'], output: 'logits' },
    ],
  }
}

function tokenizer(vocabulary: readonly string[]): object {
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]))
  const special = (piece: string) => ({ id: piece, ids: [ids.get(piece)], tokens: [piece] })
  const token = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } })
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } })
  return {
    version: '1.0',
    added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]', 0), sequence('A', 0), token('[SEP]', 0)],
      pair: [token('[CLS]', 0), sequence('A', 0), token('[SEP]', 0), sequence('B', 1), token('[SEP]', 1)],
      special_tokens: { '[CLS]': special('[CLS]'), '[SEP]': special('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  }
}

/**
 * Writes a cross-encoder that is small enough to be reckoned by hand, as transformers.js loads one: see tinyLogit.
 */
export function writeTinyReranker(folder: string, { words, maxTokens = 64, labels = 1 }: TinyReranker): void {
  const vocabulary = [...SPECIAL, ...new Set(words)]
  const json = (name: string, content: object) => writeFileSync(join(folder, name), JSON.stringify(content))
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  json('config.json', {
    model_type: 'bert',
    architectures: ['BertForSequenceClassification'],
    hidden_size: vocabulary.length,
    vocab_size: vocabulary.length,
    max_position_embeddings: maxTokens,
    id2label: Object.fromEntries(Array.from({ length: labels }, (_, at) => [at, `LABEL_${at}`])),
  })
  json('tokenizer.json', tokenizer(vocabulary))
  json('tokenizer_config.json', { tokenizer_class: 'BertTokenizer', model_max_length: maxTokens, do_lower_case: true })
  writeFileSync(join(folder, 'onnx', 'model.onnx'), onnxModel(graph(vocabulary.length, labels)))
}

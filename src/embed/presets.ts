export type Pooling = 'mean' | 'cls'

/** The suffix that the Hub's ONNX exports carry for each number format. */
const SUFFIXES = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const

/** Number format of the weights; names as transformers.js has them. */
export type Dtype = keyof typeof SUFFIXES

/** How a model wants its texts, and how its token vectors become one vector. */
export interface ModelRecipe {
  readonly pooling: Pooling
  readonly queryPrefix: string
  readonly passagePrefix: string
  /** Longest input in tokens, with the special ones. */
  readonly maxTokens: number
  readonly dtype: Dtype
  /** The ONNX file, relative to the model's folder. */
  readonly file: string
}

type Preset = Partial<Omit<ModelRecipe, 'file'>>

/** What a setting may override; undefined leaves the preset's value. */
export type RecipeOverrides = { readonly [Field in keyof Preset]: Preset[Field] | undefined }

/** For models not listed: what most sentence encoders are. Eight-bit weights are the fastest on a CPU. */
const COMMON = { pooling: 'mean', queryPrefix: '', passagePrefix: '', maxTokens: 512, dtype: 'q8' } as const

/** First match wins. The values are those of the models' own cards. */
const PRESETS: readonly (readonly [RegExp, Preset])[] = [
  [/paraphrase-.*MiniLM/i, { maxTokens: 128 }],
  [/all-MiniLM-L12/i, { maxTokens: 128 }],
  [/all-MiniLM-L6/i, { maxTokens: 256 }],
  [/all-mpnet-base/i, { maxTokens: 384 }],
  [/(^|\/|-)e5-(small|base|large)(-v2)?$/i, { queryPrefix: 'query: ', passagePrefix: 'passage: ' }],
  [
    /bge-(small|base|large)-en/i,
    { pooling: 'cls', queryPrefix: 'Represent this sentence for searching relevant passages: ' },
  ],
  [/(^|\/)bge-/i, { pooling: 'cls' }],
  [/gte-(small|base|large)$/i, {}],
  [/(^|\/)gte-/i, { pooling: 'cls' }],
]

/** The recipe of a model by its id, with the given fields in place of the preset's. */
export function recipeOf(model: string, overrides: RecipeOverrides = {}): ModelRecipe {
  const preset = PRESETS.find(([pattern]) => pattern.test(model))?.[1] ?? {}
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
  const recipe: Omit<ModelRecipe, 'file'> = { ...COMMON, ...preset, ...given }
  return { ...recipe, file: `onnx/model${SUFFIXES[recipe.dtype]}.onnx` }
}

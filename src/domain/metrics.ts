/** What is counted while Kindred runs, and what each count means. */
export const COUNTERS = {
  index_save_failed: 'Snapshots of the graph that could not be written.',
  index_build_failed: 'Graphs that could not be built or brought up to date.',
  index_vector_refused: 'Stored vectors that are damaged and left out.',
  index_fallbacks: 'Starts from the snapshot before, because the newest could not be used.',
  index_rebuilds: 'Graphs built anew.',
  recall_failed: 'Measurements of recall that could not be carried out.',
  recall_alarms: 'Times that searches were found to fall short of the recall target.',
  search_width_changes: 'Times that another search width (ef) was chosen.',
  embed_worker_restarts: 'Embedding processes that died, hung or grew too large.',
  answer_cache_hits: 'Answers that were given again, because nothing had been written since.',
  answers_not_modified: 'Requests whose client had the answer already (304).',
  papers_parked: 'Records refused because the model fails at their texts.',
} as const

export type CounterName = keyof typeof COUNTERS

/** Why a request is refused with OVERLOADED before anything is done for it. */
export type Refusal = 'connections' | 'pipelined' | 'wait' | 'questions' | 'writes' | 'answers'

/** A value that is read when somebody asks for the metrics. */
export interface GaugeSource {
  readonly name: string
  readonly help: string
  readonly read: () => number | Promise<number>
}

export interface AnsweredRequest {
  readonly method: string
  /** The pattern of the route, never the path. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** The counts of one running Kindred. */
export interface Metrics {
  readonly contentType: string
  count(name: CounterName): void
  addGauge(source: GaugeSource): void
  noteRequest(request: AnsweredRequest): void
  noteRefused(reason: Refusal): void
  /** Everything, in the text format of Prometheus. */
  text(): Promise<string>
}

/** For a Kindred that nobody watches, e.g. of one command. */
export const UNCOUNTED: Metrics = {
  contentType: 'text/plain; charset=utf-8',
  count: () => undefined,
  addGauge: () => undefined,
  noteRequest: () => undefined,
  noteRefused: () => undefined,
  text: async () => '',
}

/** What the log says of a request. */
export interface RequestLine {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly tookMs: number
  readonly requestId: string
}

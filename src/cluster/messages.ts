/** One process writes and answers, the others only answer. */
export type Role = 'writer' | 'reader'

/** What one process counts, as the metrics library hands it over. */
export type Report = readonly object[]

/** From the process that supervises to one that serves. */
export type Order =
  | { readonly type: 'start'; readonly role: Role; readonly number: number }
  /** Where requests that write are forwarded to; null while no process writes. */
  | { readonly type: 'writer'; readonly port: number | null }
  | { readonly type: 'report'; readonly id: number }
  | { readonly type: 'reports'; readonly id: number; readonly reports: readonly Report[] }
  | { readonly type: 'stop' }

/** What a process that serves says of itself. */
export interface Serving {
  readonly url: string
  readonly papers: number
  /** Of the writer: where it takes what the others forward. */
  readonly port: number | null
}

/** From a process that serves to the one that supervises. */
export type Notice =
  /** It listens to orders; one sent before would be lost. */
  | { readonly type: 'ready' }
  | ({ readonly type: 'serving' } & Serving)
  | { readonly type: 'report'; readonly id: number; readonly report: Report }
  /** Somebody asked for the metrics. */
  | { readonly type: 'collect'; readonly id: number }

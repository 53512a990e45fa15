/** Who can mend it: the caller, the person who runs Kindred, or we. */
export type Fault = 'caller' | 'operator' | 'kindred'

interface CodeEntry {
  readonly fault: Fault
  /** What happened, in general; the `detail` of the error says it of this case. */
  readonly text: string
  /** What the reader can do about it. */
  readonly remedy: string
}

/**
 * The closed table of everything that can go wrong. Faces (HTTP, CLI) translate a code once each, by a mapping that
 * does not compile while a code is missing; nobody tells errors apart by their text.
 */
export const CODES = {
  INVALID_REQUEST: {
    fault: 'caller',
    text: 'The request is not valid.',
    remedy: 'Correct the fields listed in issues; /docs shows what each route takes.',
  },
  FORBIDDEN: {
    fault: 'caller',
    text: 'This server answers loopback names only.',
    remedy: 'Use http://127.0.0.1 or http://localhost with the port of the server.',
  },
  NOT_FOUND: {
    fault: 'caller',
    text: 'There is no such route.',
    remedy: 'See /docs for the routes.',
  },
  METHOD_NOT_ALLOWED: {
    fault: 'caller',
    text: 'The route does not take this method.',
    remedy: 'See /docs for the methods of each route.',
  },
  PAPER_NOT_FOUND: {
    fault: 'caller',
    text: 'No paper has this id.',
    remedy: 'Ids also come as arxiv:… and doi:…; a title is looked up at /v1/papers/match?title=….',
  },
  MODEL_UNKNOWN: {
    fault: 'caller',
    text: 'This server runs no model of this name.',
    remedy: 'GET /v1/models lists those that it runs; leave the name out where the route allows it.',
  },
  KNOWLEDGE_UNKNOWN: {
    fault: 'caller',
    text: 'There is no knowledge of this id.',
    remedy: 'The whole index is the knowledge "papers".',
  },
  PAYLOAD_TOO_LARGE: {
    fault: 'caller',
    text: 'The body is larger than this route takes.',
    remedy: 'Send the papers in several requests, or use `kindred ingest` for large files.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    fault: 'caller',
    text: 'The content type is not one that this route takes.',
    remedy: 'Send application/json; POST /v1/papers also takes application/x-ndjson.',
  },
  SOURCE_NOT_FOUND: {
    fault: 'caller',
    text: 'No file matches.',
    remedy: 'Check the path; quote globs so that the shell leaves them alone.',
  },
  SOURCE_UNREADABLE: {
    fault: 'caller',
    text: 'The file cannot be read.',
    remedy: 'Check its permissions, and that a .gz file is complete.',
  },
  SOURCE_EMPTY: {
    fault: 'caller',
    text: 'The file is empty.',
    remedy: 'Give a file that holds papers.',
  },
  SOURCE_UNKNOWN: {
    fault: 'caller',
    text: 'The content is in no format that Kindred reads.',
    remedy: 'Formats: listing page, JSONL, JSON array, CSV, BibTeX, arXiv Atom; each may be gzipped.',
  },
  RECORD_BROKEN: {
    fault: 'caller',
    text: 'The record cannot be parsed.',
    remedy: 'Mend the file at this line and read it again; what is in already costs nothing.',
  },
  RECORD_INVALID: {
    fault: 'caller',
    text: 'The record is not a valid paper.',
    remedy: 'A paper needs a title; see `kindred ingest --help` for the fields.',
  },
  RECORD_TOO_LARGE: {
    fault: 'caller',
    text: 'The record is larger than a paper can be.',
    remedy: 'Shorten the abstract, or leave the full text out.',
  },
  EMBEDDING_MISMATCH: {
    fault: 'caller',
    text: 'The embedding of the record does not fit the configured model.',
    remedy: 'Leave embedding and embeddingModel out to have the paper embedded here, or configure the same model.',
  },
  CONFIG_INVALID: {
    fault: 'operator',
    text: 'The settings are not valid.',
    remedy: 'Correct the settings listed; `kindred --help` shows them all.',
  },
  HOST_REFUSED: {
    fault: 'operator',
    text: 'Kindred serves loopback addresses only, because it has no access control yet.',
    remedy: 'Use --host 127.0.0.1, and a reverse proxy with authentication for other machines.',
  },
  PORT_UNAVAILABLE: {
    fault: 'operator',
    text: 'The port cannot be listened on.',
    remedy: 'Stop the other program or choose another --port.',
  },
  MODEL_UNAVAILABLE: {
    fault: 'operator',
    text: 'A model cannot be loaded.',
    remedy: 'Check the model settings; a model that is not vendored is fetched from the Hub, which needs a network.',
  },
  MODEL_CORRUPT: {
    fault: 'operator',
    text: 'The model file does not match its checksum.',
    remedy: 'Restore the files of the model; those under models/ come with Kindred (reinstall it).',
  },
  EMBEDDING_FAILED: {
    fault: 'kindred',
    text: 'The model gave no usable vector or score.',
    remedy: 'Try again; if it stays so, report the text that causes it.',
  },
  INDEX_STALE: {
    fault: 'operator',
    text: 'The index was made with another model or other settings.',
    remedy: 'Run `kindred index rebuild` to embed every paper with the configured model, or configure the former one.',
  },
  INDEX_DAMAGED: {
    fault: 'operator',
    text: 'The index does not agree with its store.',
    remedy: 'Run `kindred index rebuild`; no paper is lost by it.',
  },
  INDEX_LOCKED: {
    fault: 'operator',
    text: 'Another process writes to the index.',
    remedy:
      'Wait for it to end, or stop it; reading goes on meanwhile, and a running server takes what is to be written.',
  },
  WRITER_UNAVAILABLE: {
    fault: 'operator',
    text: 'The process that writes is being started.',
    remedy: 'Send the request again after the time that Retry-After gives; reading goes on meanwhile.',
  },
  STORE_UNREADABLE: {
    fault: 'operator',
    text: 'The database cannot be opened.',
    remedy: 'Check the --index folder and its permissions.',
  },
  STORE_CORRUPT: {
    fault: 'operator',
    text: 'The database is damaged.',
    remedy:
      'Run `kindred doctor` to see what is; then `kindred restore` a backup into another folder, or save what can be read with `kindred doctor --salvage <file>`.',
  },
  STORE_NEWER: {
    fault: 'operator',
    text: 'The database was written by a newer Kindred.',
    remedy: 'Update Kindred, or use another --index folder.',
  },
  BACKUP_INVALID: {
    fault: 'caller',
    text: 'The file is no whole backup of Kindred.',
    remedy: 'Use another backup; `kindred restore <file> --verify` checks one without restoring it.',
  },
  BACKUP_NEWER: {
    fault: 'caller',
    text: 'The backup was written by a newer Kindred.',
    remedy: 'Update Kindred and restore it then.',
  },
  TARGET_EXISTS: {
    fault: 'caller',
    text: 'There is something in that place already.',
    remedy: 'Choose another place, or move away what is there.',
  },
  STORAGE_FULL: {
    fault: 'operator',
    text: 'There is no room left on the disk.',
    remedy: 'Free some space and send the request again; what was acknowledged is kept.',
  },
  UPSTREAM_FAILED: {
    fault: 'operator',
    text: 'The language model gave no usable answer.',
    remedy:
      'Check that its endpoint runs, and llmBaseUrl, llmModel and llmApiKey; `extractive` answers without a language model.',
  },
  UPSTREAM_TIMEOUT: {
    fault: 'operator',
    text: 'The language model took too long.',
    remedy:
      'Try again, raise llmTimeoutMs, or ask for less (maxTokens); `extractive` answers without a language model.',
  },
  OVERLOADED: {
    fault: 'operator',
    text: 'The server has more work than it can take right now.',
    remedy: 'Try again after the time that Retry-After gives.',
  },
  SERVER_UNREACHABLE: {
    fault: 'operator',
    text: 'No server of Kindred answers at this address.',
    remedy: 'Start `kindred serve`, and check the address and port.',
  },
  INTERRUPTED: {
    fault: 'caller',
    text: 'The work was stopped.',
    remedy: 'Run the same command again: it goes on from where it stopped.',
  },
  INTERNAL: {
    fault: 'kindred',
    text: 'Something failed inside Kindred.',
    remedy: 'Try again; if it stays so, report it with the request id.',
  },
} as const satisfies Record<string, CodeEntry>

export type ErrorCode = keyof typeof CODES

/** One field that is at fault: `path` in dots (`authors.0`), empty for the whole. */
export interface Issue {
  readonly path: string
  readonly message: string
}

interface ErrorExtra {
  readonly issues?: readonly Issue[]
  readonly cause?: unknown
  /** When to try again, where that is known. */
  readonly retryAfterSeconds?: number | undefined
}

/** The only error that Kindred throws on purpose. `message` is the detail of this case, without paths or SQL. */
export class KindredError extends Error {
  readonly code: ErrorCode
  readonly issues: readonly Issue[]
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, detail?: string, extra: ErrorExtra = {}) {
    super(detail ?? CODES[code].text, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.name = 'KindredError'
    this.code = code
    this.issues = extra.issues ?? []
    this.retryAfterSeconds = extra.retryAfterSeconds
  }

  get remedy(): string {
    return CODES[this.code].remedy
  }
}

/** Throws a KindredError; an expression, so that `?? fail(…)` reads well. */
export function fail(code: ErrorCode, detail?: string, extra?: ErrorExtra): never {
  throw new KindredError(code, detail, extra)
}

/** Anything thrown, as a KindredError: foreign errors become INTERNAL and keep themselves as the cause. */
export function toKindredError(thrown: unknown): KindredError {
  if (thrown instanceof KindredError) return thrown
  return new KindredError('INTERNAL', CODES.INTERNAL.text, { cause: thrown })
}

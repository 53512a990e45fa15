import type { ErrorCode } from '../domain/errors.ts'

/** What the exit codes of the program mean; `kindred --help` prints this table. */
export const EXIT_CODES = {
  0: 'done',
  1: 'something failed inside Kindred',
  2: 'wrong usage or settings',
  3: 'some records were rejected; the others went in',
  4: 'no such paper or file',
  5: 'the index is stale, damaged, or its storage fails',
  6: 'a check failed: an evaluation fell below its floor, or a quote is not what a paper says',
  7: 'another process writes to the index; nothing was done',
  8: 'the doctor found something to mend',
  9: 'the language model gave no answer',
  130: 'interrupted; a rerun goes on from there',
} as const

export type ExitCode = keyof typeof EXIT_CODES

export const SOME_REJECTED = 3 satisfies ExitCode
export const USAGE = 2 satisfies ExitCode
export const FINDINGS = 8 satisfies ExitCode
export const CHECK_FAILED = 6 satisfies ExitCode
export const INTERRUPTED = 130 satisfies ExitCode

/** The one translation of an error's code for the command line. */
export const EXIT_CODE_OF = {
  INVALID_REQUEST: 2,
  FORBIDDEN: 2,
  NOT_FOUND: 4,
  METHOD_NOT_ALLOWED: 2,
  PAPER_NOT_FOUND: 4,
  MODEL_UNKNOWN: 2,
  KNOWLEDGE_UNKNOWN: 4,
  PAYLOAD_TOO_LARGE: 2,
  UNSUPPORTED_MEDIA_TYPE: 2,
  SOURCE_NOT_FOUND: 4,
  SOURCE_UNREADABLE: 3,
  SOURCE_EMPTY: 3,
  SOURCE_UNKNOWN: 3,
  RECORD_BROKEN: 3,
  RECORD_INVALID: 3,
  RECORD_TOO_LARGE: 3,
  EMBEDDING_MISMATCH: 3,
  CONFIG_INVALID: 2,
  HOST_REFUSED: 2,
  PORT_UNAVAILABLE: 2,
  MODEL_UNAVAILABLE: 2,
  MODEL_CORRUPT: 5,
  EMBEDDING_FAILED: 1,
  INDEX_STALE: 5,
  INDEX_DAMAGED: 5,
  INDEX_LOCKED: 7,
  WRITER_UNAVAILABLE: 5,
  STORE_UNREADABLE: 5,
  STORE_CORRUPT: 5,
  STORE_NEWER: 5,
  BACKUP_INVALID: 5,
  BACKUP_NEWER: 5,
  TARGET_EXISTS: 2,
  STORAGE_FULL: 5,
  UPSTREAM_FAILED: 9,
  UPSTREAM_TIMEOUT: 9,
  OVERLOADED: 5,
  SERVER_UNREACHABLE: 5,
  INTERRUPTED: 130,
  INTERNAL: 1,
} as const satisfies Record<ErrorCode, ExitCode>

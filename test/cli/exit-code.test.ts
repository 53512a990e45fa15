import { describe, expect, it } from 'vitest'
import { EXIT_CODE_OF, EXIT_CODES } from '../../src/cli/exit-code.ts'
import { failureOf } from '../../src/cli/problem.ts'
import { CODES, type ErrorCode, KindredError } from '../../src/domain/errors.ts'

describe('exit codes', () => {
  it('are given to every error code, and documented', () => {
    expect(Object.keys(EXIT_CODE_OF).sort()).toEqual(Object.keys(CODES).sort())
    for (const code of Object.values(EXIT_CODE_OF)) expect(EXIT_CODES).toHaveProperty(String(code))
  })

  it('never call a failure done', () => {
    for (const code of Object.keys(CODES) as ErrorCode[]) {
      expect(failureOf(new KindredError(code)).exitCode).toBe(EXIT_CODE_OF[code])
      expect(EXIT_CODE_OF[code]).toBeGreaterThan(0)
    }
  })

  it('take a foreign error for one of ours, and a reader that has gone for no error', () => {
    expect(failureOf(new TypeError('odd'))).toMatchObject({ exitCode: 1, error: { code: 'INTERNAL' } })
    expect(failureOf(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toEqual({ exitCode: 0, error: null })
  })
})

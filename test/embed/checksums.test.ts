import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashFile, parseSums, SUMS_FILE, verifyFolder } from '../../src/embed/checksums.ts'

const HASH = createHash('sha256').update('words').digest('hex')

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-sums-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('parseSums', () => {
  it('reads what sha256sum writes, in text and binary mode', () => {
    const sums = parseSums(`${HASH}  a b.txt\r\n${HASH.toUpperCase()} *onnx/m.onnx\n\n`)
    expect([...sums]).toEqual([
      ['a b.txt', HASH],
      ['onnx/m.onnx', HASH],
    ])
  })

  it('refuses a line that is no checksum', () => {
    expect(() => parseSums('nonsense')).toThrow(expect.objectContaining({ code: 'MODEL_CORRUPT' }))
  })
})

describe('verifyFolder', () => {
  it('passes a folder whose files are whole, and one without checksums', async () => {
    await verifyFolder(folder)
    writeFileSync(join(folder, 'a.txt'), 'words')
    writeFileSync(join(folder, SUMS_FILE), `${HASH}  a.txt\n`)
    await verifyFolder(folder)
    expect(await hashFile(join(folder, 'a.txt'))).toBe(HASH)
  })

  it('names the file that is damaged or missing, without its folder', async () => {
    writeFileSync(join(folder, SUMS_FILE), `${HASH}  sub/a.txt\n${HASH}  b.txt\n`)
    await expect(verifyFolder(folder)).rejects.toMatchObject({ code: 'MODEL_CORRUPT', message: 'a.txt is missing.' })
    writeFileSync(join(folder, SUMS_FILE), `${HASH}  b.txt\n`)
    writeFileSync(join(folder, 'b.txt'), 'other words')
    await expect(verifyFolder(folder)).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: 'b.txt does not match its checksum.',
    })
  })
})

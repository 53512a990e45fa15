import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createKnownWords } from '../../src/embed/known-words.ts'
import { tempDir } from '../support/temp-dir.ts'

function folderWith(tokenizer: string): string {
  const dir = tempDir()
  writeFileSync(join(dir, 'tokenizer.json'), tokenizer)
  return dir
}

describe('createKnownWords', () => {
  it.each([
    ['WordPiece', { otter: 0, '##ing': 1 }],
    ['BPE', { Ġotter: 0, ing: 1 }],
    [
      'Unigram',
      [
        ['▁Otter', -3.5],
        ['ing', -2],
      ],
    ],
  ])('knows the words of a vocabulary of %s', (_, vocab) => {
    const isWord = createKnownWords(folderWith(JSON.stringify({ model: { vocab } })))
    expect(isWord('otter')).toBe(true)
    expect(isWord('oter')).toBe(false)
  })

  it('knows none where the vocabulary is of an unknown form', () => {
    expect(createKnownWords(folderWith('{"model":{"vocab":7}}'))('otter')).toBe(false)
  })

  it('refuses a file that cannot be read', () => {
    const refused = expect.objectContaining({ code: 'MODEL_UNAVAILABLE' })
    expect(() => createKnownWords(folderWith('{'))('otter')).toThrow(refused)
    expect(() => createKnownWords(tempDir())('otter')).toThrow(refused)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChatEnd, ChatModel, ChatRequest } from '../../src/domain/models.ts'

const REQUEST: ChatRequest = {
  messages: [
    { role: 'system', content: 'Answer in rhymes.' },
    { role: 'user', content: 'Why do frogs sing? 🐸' },
  ],
}

/** A model whose endpoint does what it is told. */
export interface ScriptedChat {
  readonly chat: ChatModel
  /** It says these pieces and ends. */
  says(pieces: readonly string[]): void
  /** It says these pieces and is silent then. */
  hangs(pieces: readonly string[]): void
  /** Resolves when the endpoint has seen the end of the last request: false where that was ended by the other side. */
  ended(): Promise<boolean | undefined>
  close(): Promise<void>
}

/** The pieces of an answer, and its end. */
export async function readAll(chat: ChatModel, request: ChatRequest = REQUEST) {
  const parts: (string | ChatEnd)[] = []
  for await (const part of chat.write(request)) parts.push(part)
  return { text: parts.filter((part) => typeof part === 'string').join(''), end: parts.at(-1), parts }
}

/** What every ChatModel promises. */
export function chatModelContract(name: string, open: () => Promise<ScriptedChat>): void {
  describe(`${name} as a ChatModel`, () => {
    let scripted: ScriptedChat
    beforeAll(async () => {
      scripted = await open()
    })
    afterAll(() => scripted.close())

    it('names its model', () => {
      expect(scripted.chat.model).not.toBe('')
    })

    it('gives the answer piece by piece, and its end once and last', async () => {
      scripted.says(['Frogs ', 'sing', ' — 🐸 —', '\nto be heard.'])
      const { text, end, parts } = await readAll(scripted.chat)
      expect(text).toBe('Frogs sing — 🐸 —\nto be heard.')
      expect(end).toMatchObject({ finish: 'stop' })
      expect(parts.filter((part) => typeof part !== 'string')).toHaveLength(1)
      expect(await scripted.ended()).toBe(true)
    })

    it('asks nothing where it is told to stop before', async () => {
      scripted.says(['Frogs.'])
      await expect(readAll(scripted.chat, { ...REQUEST, signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      })
    })

    it('stops in the middle when it is told to, and ends the request at the endpoint', async () => {
      scripted.hangs(['Frogs '])
      const controller = new AbortController()
      const reading = (async () => {
        for await (const part of scripted.chat.write({ ...REQUEST, signal: controller.signal })) {
          expect(part).toBe('Frogs ')
          controller.abort()
        }
      })()
      await expect(reading).rejects.toMatchObject({ code: 'INTERRUPTED' })
      expect(await scripted.ended()).toBe(false)
    })

    it('ends the request at the endpoint when nobody reads on', async () => {
      scripted.hangs(['Frogs '])
      for await (const part of scripted.chat.write(REQUEST)) {
        expect(part).toBe('Frogs ')
        break
      }
      expect(await scripted.ended()).toBe(false)
    })

    it('answers several questions at once', async () => {
      scripted.says(['Frogs.'])
      const answers = await Promise.all(Array.from({ length: 8 }, () => readAll(scripted.chat)))
      expect(answers.map(({ text }) => text)).toEqual(Array(8).fill('Frogs.'))
    })
  })
}

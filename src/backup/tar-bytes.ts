/** The chunks of the tar library's streams, which are typed as unknown. */
export async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream of an archive holds bytes')
    yield chunk
  }
}

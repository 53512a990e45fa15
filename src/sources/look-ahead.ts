interface Ahead<T> {
  /** The first chunks, together at least as long as asked for unless the stream is shorter. */
  readonly seen: readonly T[]
  /** Whether `seen` is everything. */
  readonly ended: boolean
  /** The whole stream from its start. To be read once; a failure met while looking ahead is thrown at its place. */
  all(): AsyncGenerator<T>
  /** Lets the stream go where `all` is not read. */
  close(): Promise<void>
}

/** Reads the beginning of a stream without taking it away from who reads it next. */
export async function lookAhead<T extends { readonly length: number }>(
  chunks: AsyncIterable<T>,
  length: number,
): Promise<Ahead<T>> {
  const iterator = chunks[Symbol.asyncIterator]()
  const seen: T[] = []
  let failure: { readonly thrown: unknown } | undefined
  let ended = false
  try {
    for (let have = 0; have < length && !ended; ) {
      const step = await iterator.next()
      if (step.done) ended = true
      else {
        seen.push(step.value)
        have += step.value.length
      }
    }
  } catch (thrown) {
    failure = { thrown }
  }

  async function close(): Promise<void> {
    await iterator.return?.()
  }

  async function* all(): AsyncGenerator<T> {
    try {
      yield* seen
      if (failure !== undefined) throw failure.thrown
      if (ended) return
      for (let step = await iterator.next(); !step.done; step = await iterator.next()) yield step.value
    } finally {
      await close()
    }
  }

  return { seen, ended, all, close }
}

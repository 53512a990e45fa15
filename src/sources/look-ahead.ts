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
  const start = await readStart(iterator, length)
  return {
    seen: start.seen,
    ended: start.ended,
    all: () => replay(iterator, start),
    close: () => close(iterator),
  }
}

interface Start<T> {
  readonly seen: readonly T[]
  readonly ended: boolean
  readonly failure?: { readonly thrown: unknown }
}

async function readStart<T extends { readonly length: number }>(
  iterator: AsyncIterator<T>,
  length: number,
): Promise<Start<T>> {
  const seen: T[] = []
  try {
    for (let have = 0; have < length; ) {
      const step = await iterator.next()
      if (step.done) return { seen, ended: true }
      seen.push(step.value)
      have += step.value.length
    }
  } catch (thrown) {
    return { seen, ended: false, failure: { thrown } }
  }
  return { seen, ended: false }
}

async function* replay<T>(iterator: AsyncIterator<T>, { seen, ended, failure }: Start<T>): AsyncGenerator<T> {
  try {
    yield* seen
    if (failure !== undefined) throw failure.thrown
    if (ended) return
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) yield step.value
  } finally {
    await close(iterator)
  }
}

async function close(iterator: AsyncIterator<unknown>): Promise<void> {
  await iterator.return?.()
}

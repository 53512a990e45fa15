import type { Database } from 'better-sqlite3'
import { FollowedPostings } from './followed-postings.ts'
import type { Generations } from './generation.ts'
import { type PostingsBuild, startPostingsBuild } from './postings-thread.ts'
import { createWordSplitter } from './split-words.ts'
import { createTextChanges } from './text-changes.ts'

interface Options {
  readonly generations: Generations
  /** How many papers it takes; a smaller library is searched as fast on the disk. */
  readonly from: number
}

/**
 * The text index once more, in memory and derived: of exactly one generation, or not there. Another thread reads it when
 * it is first asked for, and from then on it follows every write, also that of another process. FTS5 answers meanwhile,
 * and the same.
 */
export function createLexicalIndex(db: Database, { generations, from }: Options) {
  const changes = createTextChanges(db, generations)
  const splitter = createWordSplitter()
  // One transaction: what is read of papers and totals is of the generation that is read with it.
  const follow = db.transaction((postings: FollowedPostings) => postings.follow()).deferred
  let followed: FollowedPostings | null = null
  let build: PostingsBuild | null = null
  let work: Promise<void> = Promise.resolve()
  let isTurnDue = false
  /** After a failure there is none any more: FTS5 can do without it. */
  let isOver = false

  function start(): void {
    if (build || isOver) return
    build = startPostingsBuild(db.name)
    work = build.done
      .then((blocks) => {
        if (blocks && !isOver) followed = new FollowedPostings(blocks, { changes, splitter })
      })
      .catch(end)
      .finally(() => {
        build = null
      })
  }

  function end(): void {
    isOver = true
    followed = null
    build?.stop()
  }

  /** Goes on in later turns until nothing is left, so that no search waits for a large write. */
  function catchUp(postings: FollowedPostings): void {
    if (!follow(postings)) followed = null
    if (!followed || postings.isWorn) start()
    if (!followed || !postings.isBehind || isTurnDue) return
    isTurnDue = true
    setImmediate(() => {
      isTurnDue = false
      attempt(() => followed && catchUp(followed))
    })
  }

  /** What goes wrong here goes wrong in FTS5 as well, which says so. */
  function attempt(step: () => void): void {
    try {
      step()
    } catch {
      end()
    }
  }

  return {
    /** The postings, if they are those of the database as it is now, or of the generation that is asked for. */
    current: (generation = generations.current()): FollowedPostings | null => {
      attempt(() => {
        if (!followed && !isOver && changes.totals().papers >= from) start()
        else if (followed?.isOf(generation) === false) catchUp(followed)
      })
      return followed?.isOf(generation) ? followed : null
    },
    /** Resolves when its thread is gone. */
    close: async (): Promise<void> => {
      end()
      await work
      splitter.close()
    },
  }
}
export type LexicalIndex = ReturnType<typeof createLexicalIndex>

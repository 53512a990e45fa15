import type { Database } from 'better-sqlite3'
import { z } from 'zod'
import { fail } from '../domain/errors.ts'
import type { ListPapersRequest, PaperPage, SortKey } from '../domain/query.ts'
import { PAPER_COLUMNS, type PaperRow, paperOf } from './rows.ts'

interface Order {
  readonly column: string
  readonly collate: string
  readonly direction: 'ASC' | 'DESC'
}

/** Newest first where it is a time; papers without a date come last. */
const ORDERS: Record<SortKey, Order> = {
  addedAt: { column: 'added_at', collate: '', direction: 'DESC' },
  publishedAt: { column: 'published_at', collate: '', direction: 'DESC' },
  title: { column: 'title', collate: 'COLLATE NOCASE', direction: 'ASC' },
}

/** Where the last page ended: the sorted value and the key of its last paper. */
const Cursor = z.strictObject({ sort: z.string(), value: z.string(), key: z.int() })
type Cursor = z.infer<typeof Cursor>

const encode = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url')

function decode(text: string, sort: SortKey): Cursor {
  const refuse = () =>
    fail('INVALID_REQUEST', 'The cursor is not one of this listing.', {
      issues: [{ path: 'cursor', message: 'must be the nextCursor of a page with the same sort' }],
    })
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return refuse()
  }
  const cursor = Cursor.safeParse(json)
  return cursor.success && cursor.data.sort === sort ? cursor.data : refuse()
}

type SortedRow = PaperRow & { readonly value: string }

/** Pages by keyset: a paper that is added or removed meanwhile neither repeats nor hides another. */
export function createListing(db: Database) {
  const count = db.prepare<[], number>('SELECT count(*) FROM papers').pluck()
  const statements = (sort: SortKey) => {
    const { column, collate, direction } = ORDERS[sort]
    const order = `ORDER BY ${column} ${collate} ${direction}, key ${direction} LIMIT ?`
    const select = `SELECT ${PAPER_COLUMNS}, ${column} AS value FROM papers`
    const compare = direction === 'ASC' ? '>' : '<'
    return {
      first: db.prepare<[number], SortedRow>(`${select} ${order}`),
      after: db.prepare<[string, number, number], SortedRow>(
        `${select} WHERE (${column} ${collate}, key) ${compare} (?, ?) ${order}`,
      ),
    }
  }
  const bySort = { addedAt: statements('addedAt'), publishedAt: statements('publishedAt'), title: statements('title') }

  return ({ cursor, limit, sort }: ListPapersRequest): PaperPage => {
    const from = cursor === undefined ? null : decode(cursor, sort)
    const { first, after } = bySort[sort]
    const rows = from ? after.all(from.value, from.key, limit + 1) : first.all(limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const nextCursor = rows.length > limit && last ? encode({ sort, value: last.value, key: last.key }) : null
    return { data: page.map(paperOf), nextCursor, total: count.get() ?? 0 }
  }
}

/** Work that a request may have to wait for, away from the event loop. */
export const LANES = ['questions', 'writes', 'answers'] as const
export type Lane = (typeof LANES)[number]

/** What looks for questions by GET; all others send them in a body. */
const ASKED_BY_GET = ['/v1/search', '/graph/v1/paper/search']
const WRITTEN_BY_POST = ['/v1/papers', '/v1/admin/']
/** They read what is there. */
const READ_BY_POST = ['/v1/papers/batch', '/graph/v1/paper/batch']

/** The path of a request's target, without its parameters. */
export function pathOf(target = '/'): string {
  const end = target.indexOf('?')
  return end === -1 ? target : target.slice(0, end)
}

function laneOfPost(path: string): Lane | null {
  if (READ_BY_POST.includes(path)) return null
  if (path === '/v1/ask') return 'answers'
  return WRITTEN_BY_POST.some((written) => path === written || (written.endsWith('/') && path.startsWith(written)))
    ? 'writes'
    : 'questions'
}

/** What only the process that writes can answer. */
export const isForWriter = (method: string | undefined, path: string): boolean =>
  laneOf(method, path) === 'writes' || path.startsWith('/v1/admin/')

/** What a request may wait for: an embedding, the writer, a language model; null where nothing of that. */
export function laneOf(method: string | undefined, path: string): Lane | null {
  if (method === 'POST') return laneOfPost(path)
  if (method === 'DELETE') return 'writes'
  return ASKED_BY_GET.some((asked) => path.startsWith(asked)) ? 'questions' : null
}

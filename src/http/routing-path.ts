import { getPath } from 'hono/utils/url'

/** Foreign contracts whose paths end with an id. */
const ENDS_WITH_ID = /^(\/graph\/v1\/paper\/|\/recommendations\/v1\/papers\/forpaper\/|\/v1\/models\/)(.+\/.+)$/
/** What looks like an id with a slash and is a route. */
const ROUTES: ReadonlySet<string> = new Set(['search/match'])

/**
 * The path that routes are matched with. Clients of these contracts write a DOI, an old arXiv id or the id of a model
 * into the path as it is, with its slashes; everything behind the known beginning is then the id.
 */
export function routingPath(request: Request): string {
  const path = getPath(request)
  const [, beginning = '', id = ''] = ENDS_WITH_ID.exec(path) ?? []
  return id === '' || ROUTES.has(id) ? path : beginning + id.replaceAll('/', '%2F')
}

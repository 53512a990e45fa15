const PREFIX = 'kindred://papers/'

/** The template of RFC 6570 that clients fill in; ids are matched by hand, not by a pattern made of it. */
export const PAPER_URI_TEMPLATE = `${PREFIX}{id}`

export const paperUri = (id: string): string => `${PREFIX}${encodeURIComponent(id)}`

/** The id in the URI of a paper; null where it is none. */
export function paperIdOf(uri: string): string | null {
  const name = uri.startsWith(PREFIX) ? uri.slice(PREFIX.length) : ''
  if (name === '' || /[/?#]/.test(name)) return null
  try {
    return decodeURIComponent(name)
  } catch {
    return null
  }
}

import type { Facets } from '../domain/facets.ts'
import { grouped, printable, type Style } from './style.ts'

/** Counts to the left, values to the right, facet after facet. */
export function renderFacets({ facets }: Facets, style: Style): string {
  return Object.entries(facets)
    .map(([facet, values]) => {
      const width = Math.max(0, ...values.map(({ count }) => grouped(count).length))
      const lines = values.map(({ value, count }) => {
        return `  ${style.paint('cyan', grouped(count).padStart(width))}  ${printable(String(value))}\n`
      })
      return `${style.paint('bold', facet)}\n${lines.join('')}`
    })
    .join('')
}

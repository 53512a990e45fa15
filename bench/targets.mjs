// What the project promises of its speed. Each is judged by the median of the pairs' ratios.

function shown(value) {
  if (!Number.isFinite(value)) return 'not measured'
  return Number(Math.abs(value) < 0.01 ? value.toFixed(4) : value.toPrecision(3)).toString()
}

/** `1.42 (1.30–1.55)` */
export const spreadText = ({ median, low, high }) => `${shown(median)} (${shown(low)}–${shown(high)})`

function target(what, { wanted, sign, figure, held }) {
  const value = typeof figure === 'object' ? (figure?.median ?? Number.NaN) : figure
  const text = typeof figure === 'object' && figure ? spreadText(figure) : shown(value)
  return { what, wanted: `${sign} ${wanted}`, figure, text, held: Number.isFinite(value) && held(value) }
}

/** `figure` is a number or a spread; one that could not be measured (null, NaN) is missed. */
export const atLeast = (what, wanted, figure) =>
  target(what, { wanted, sign: '>=', figure, held: (value) => value >= wanted })
export const atMost = (what, wanted, figure) =>
  target(what, { wanted, sign: '<=', figure, held: (value) => value <= wanted })

export const verdict = ({ held }) => (held ? 'held' : 'missed')

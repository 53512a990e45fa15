/** Nightly counts instead of those of CI: `npm run test:durability`. */
export const FULL = process.env.KINDRED_FULL === '1'

/** One count for CI, another for the full run; `KINDRED_FULL_SHARE=0.1` shortens a full run to try it out. */
export function times(ci: number, full: number): number {
  if (!FULL) return ci
  return Math.max(ci, Math.round(full * Number(process.env.KINDRED_FULL_SHARE ?? 1)))
}

const HOUR = 60 * 60_000
/** A bound against hanging, nothing more. */
export const TEST_TIMEOUT_MS = FULL ? HOUR : 120_000

/** Prints what was measured; docs/operations.md holds such lines. */
export function measured(what: string, figures: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`MEASURED ${what}: ${JSON.stringify(figures)}\n`)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

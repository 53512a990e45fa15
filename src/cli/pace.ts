import { counted } from './style.ts'

/** Only the last stretch counts: a rerun first flies over what is there already, then embeds. */
const WINDOW_MS = 15_000

export interface Pace {
  readonly papers: number
  /** How much of the work is done, 0..1; null where its size is not known. */
  readonly fraction: number | null
  readonly perSecond: number | null
  readonly secondsLeft: number | null
}

interface Sample {
  readonly at: number
  readonly papers: number
  readonly fraction: number | null
}

/** Measures papers per second and the time that is left. `now` is a clock in milliseconds. */
export function createPaceMeter(now: () => number) {
  const samples: Sample[] = [{ at: now(), papers: 0, fraction: 0 }]
  return (papers: number, fraction: number | null): Pace => {
    const sample = { at: now(), papers, fraction }
    samples.push(sample)
    while (samples.length > 2 && sample.at - (samples[0]?.at ?? 0) > WINDOW_MS) samples.shift()
    const first = samples[0] ?? sample
    const seconds = (sample.at - first.at) / 1000
    if (seconds <= 0) return { papers, fraction, perSecond: null, secondsLeft: null }
    const share = fraction === null || first.fraction === null ? 0 : fraction - first.fraction
    return {
      papers,
      fraction,
      perSecond: (papers - first.papers) / seconds,
      secondsLeft: share > 0 && fraction !== null ? (seconds / share) * (1 - fraction) : null,
    }
  }
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}

/** `1,024 papers · 35.2 papers/s · about 2 min left` */
export function describePace({ papers, perSecond, secondsLeft }: Pace): string {
  const parts = [counted(papers, 'paper')]
  if (perSecond !== null) parts.push(`${perSecond.toFixed(1)} papers/s`)
  if (secondsLeft !== null) parts.push(`about ${duration(secondsLeft)} left`)
  return parts.join(' · ')
}

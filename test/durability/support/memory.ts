import { readdirSync, readFileSync } from 'node:fs'
import { median } from './full.ts'

const MIB_OF_KIB = 1 / 1024

function statusOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const found = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))
  return Math.round(Number(found?.[1] ?? 0) * MIB_OF_KIB)
}

/** Resident memory of a process in MiB, now; Linux only. */
export const residentMib = (pid: number): number => statusOf(pid, 'VmRSS')

/** The most that it ever had. */
export const peakMib = (pid: number): number => statusOf(pid, 'VmHWM')

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** How much more the last fifth of a series holds than its second: about 1 on a plateau, whatever single samples say. */
export function growth(series: readonly number[]): number {
  const fifth = Math.floor(series.length / 5)
  return median(series.slice(-fifth)) / median(series.slice(fifth, 2 * fifth))
}

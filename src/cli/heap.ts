import { setFlagsFromString } from 'node:v8'

/** By how much the heap may grow between two collections of old objects, in percent of what was left by the last. */
const GROWTH_PERCENT = 100

/**
 * Old objects are collected when there are twice as many. V8 thinks a server that fills its heap slowly best served by a
 * collection at each 15 %: two in 20 s of an ingest, each of which takes 60 ms in small steps, and those who ask then
 * wait for most of them. Where memory has an end (`--max-old-space-size`) V8 collects before that, as ever.
 */
export function collectRarely(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}

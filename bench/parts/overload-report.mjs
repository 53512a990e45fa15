// What part `overload` saw.
import { pairRatios, spread } from '../stats.mjs'
import { atMost } from '../targets.mjs'

const MIB = 2 ** 20
const ms = (value) => (Number.isFinite(value) ? `${value.toFixed(1)} ms` : '–')
const NAMES = { ingest: 'while 1,000 papers are ingested', rebuild: 'while the index is rebuilt' }

const p99s = (runs, side, name) => runs.map((run) => run[side][name].p99)

function phasesTable({ phases }) {
  const row = (name, seconds, { similar, healthz }) => [
    name,
    seconds === undefined ? '' : `${seconds.toFixed(1)} s`,
    ...[similar.p50, similar.p99, healthz.p50, healthz.p99].map(ms),
    similar.refused + similar.failed + similar.unanswered,
  ]
  return {
    columns: ['', 'took', '`similar` p50', 'p99', '`/healthz` p50', 'p99', 'not answered'],
    rows: Object.entries(phases).flatMap(([name, runs]) =>
      runs.flatMap(({ quiet, busy }) => [row('quiet', undefined, quiet), row(NAMES[name], busy.seconds, busy)]),
    ),
  }
}

function floodTable({ flood, capacity, p99AtCapacity }) {
  const { similar, beside, memory, normalAfter, healthz } = flood
  const accepted = similar.requests - similar.refused
  const mib = (bytes) => `${Math.round(bytes / MIB)} MiB`
  const of = ({ first, highest, last }) => [first, highest, last].map(mib).join(', ')
  return {
    columns: ['ten times too much', ''],
    rows: [
      ['what it can do, 16 connections', `${Math.round(capacity)}/s, p99 ${ms(p99AtCapacity)}`],
      ['sent over 400 connections', `${Math.round(flood.sent)}/s for ${similar.seconds.toFixed(0)} s`],
      ['under way at the end', similar.unanswered],
      ['accepted', `${Math.round(accepted / similar.seconds)}/s, p50 ${ms(similar.p50)}, p99 ${ms(similar.p99)}`],
      ['refused', `${similar.refused}, p50 ${ms(similar.refusals.p50)}, p99 ${ms(similar.refusals.p99)}`],
      ['beside it, 50/s: accepted', `p50 ${ms(beside.p50)}, p99 ${ms(beside.p99)}`],
      [
        'beside it: refused',
        `${beside.refusals.count}, p50 ${ms(beside.refusals.p50)}, p99 ${ms(beside.refusals.p99)}`,
      ],
      ['connections that broke', similar.failed + beside.failed],
      ['`/healthz` p99', ms(healthz.p99)],
      ['memory of the server before, at most, after', of(memory)],
      ['with its embedding processes', of(memory.withProcesses)],
      ['as quick as before after', normalAfter === null ? 'not within 20 s' : `${normalAfter.toFixed(1)} s`],
    ],
  }
}

function targetsOf({ phases, flood }) {
  const targets = Object.entries(phases).flatMap(([name, runs]) => [
    atMost(`${NAMES[name]}: /healthz p99, ms`, 50, spread(p99s(runs, 'busy', 'healthz'))),
    atMost(
      `${NAMES[name]}: similar p99 / quiet`,
      3,
      pairRatios(p99s(runs, 'busy', 'similar'), p99s(runs, 'quiet', 'similar')),
    ),
  ])
  const { similar, beside, quiet, normalAfter } = flood
  return [
    ...targets,
    atMost('ten times too much: accepted p99 / quiet', 3, similar.p99 / quiet.similar.p99),
    ...(beside.refused > 0
      ? [atMost('ten times too much: p99 of a refusal beside it, ms', 50, beside.refusals.p99)]
      : []),
    atMost('ten times too much: connections that broke', 0, similar.failed),
    atMost('ten times too much: normal again after, seconds', 5, normalAfter ?? Number.POSITIVE_INFINITY),
  ]
}

export const overloadReport = (measured) => ({
  tables: [phasesTable(measured), floodTable(measured)],
  targets: targetsOf(measured),
  notes: [
    `${measured.size} papers. Requests come at ${measured.rate}/s, or a quarter of what the server does over 16 connections where that is less, and 20/s of \`/healthz\`, whether or not answers do; a latency counts from when its request was due.`,
    'The 1,000 papers come in one request, without vectors, so that the server embeds them. Ten times too much comes over 400 connections, as far as they are free and the load generator can; there a latency counts from when a request was sent, and what could not be sent is not counted. Refusals are 503. With 400 requests always under way a latency of the flood is 400 through the answers a second; so answers and refusals are also counted by a client beside it that asks 50 times a second, on 16 connections in turn. All of them share the cores of the machine.',
  ],
  data: measured,
})

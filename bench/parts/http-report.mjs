// What the runs of part `http` say: tables, and the targets that are ratios of them.
import { median, pairRatios } from '../stats.mjs'
import { atLeast, atMost, spreadText } from '../targets.mjs'
import { valuesOf } from '../turns.mjs'

const ms = (value) => value.toFixed(2)

function serversTable({ busy, alone, recalls }) {
  const bare = busy['bare Hono']
  return {
    columns: [
      'server',
      'requests/s',
      'of bare Hono',
      'processor a request',
      'p99',
      'p50, 1 connection',
      'p99, 1 connection',
      'recall@10',
      'ef',
    ],
    rows: Object.keys(busy).map((name) => {
      const { recall, ef } = recalls[name] ?? {}
      return [
        name,
        Math.round(median(valuesOf(busy[name], 'perSecond'))),
        spreadText(pairRatios(valuesOf(busy[name], 'perSecond'), valuesOf(bare, 'perSecond'))),
        `${ms(median(valuesOf(busy[name], 'processorMs')))} ms`,
        `${ms(median(valuesOf(busy[name], 'p99')))} ms`,
        `${ms(median(valuesOf(alone[name], 'p50')))} ms`,
        `${ms(median(valuesOf(alone[name], 'p99')))} ms`,
        recall === undefined ? '' : recall.toFixed(4),
        ef ?? '',
      ]
    }),
  }
}

function repeatedTable({ repeated }) {
  const bare = repeated['bare Hono']
  return {
    columns: ['repeated requests', 'requests/s', 'of bare Hono'],
    rows: Object.entries(repeated).map(([name, runs]) => {
      const speeds = valuesOf(runs, 'perSecond')
      return [name, Math.round(median(speeds)), spreadText(pairRatios(speeds, valuesOf(bare, 'perSecond')))]
    }),
  }
}

/** A cache of 150 MB would hold as many answers. */
const FITTING = 10_000
const PEERS = { Chroma: 8, Weaviate: 3.5, 'bare Hono': 0.4 }

function targetsOf({ busy, alone, repeated, recalls }) {
  const speed = (runs, name) => valuesOf(runs[name], 'perSecond')
  const kindreds = Object.keys(busy).filter((name) => name.startsWith('kindred'))
  const targets = Object.entries(PEERS)
    .filter(([name]) => busy[name])
    .flatMap(([name, wanted]) =>
      kindreds.map((side) => {
        const ratios = pairRatios(speed(busy, side), speed(busy, name))
        return atLeast(`similar${side.slice('kindred'.length)}: throughput / ${name}`, wanted, ratios)
      }),
    )
  if (alone.Weaviate) {
    const ratios = pairRatios(valuesOf(alone.kindred, 'p50'), valuesOf(alone.Weaviate, 'p50'))
    targets.push(atMost('similar: p50 at one connection / Weaviate', 0.25, ratios))
  }
  for (const side of kindreds)
    targets.push(
      atLeast(`similar${side.slice('kindred'.length)}: recall@10 of the answers`, 0.99, recalls[side].recall),
    )
  for (const name of ['repeated', 'not modified'].filter((name) => repeated[name])) {
    const ratios = pairRatios(speed(repeated, name), speed(repeated, 'bare Hono'))
    targets.push(atLeast(`similar, ${name}: throughput / bare Hono`, 0.7, ratios))
  }
  return targets
}

export function httpReport(measured) {
  const { busy, alone, repeated, recalls, size, payloadBytes, generator, lengths } = measured
  const each = Object.entries(recalls).map(([name, { recall }]) => `${name} ${recall.toFixed(4)}`)
  return {
    tables: [serversTable(measured), repeatedTable(measured)],
    targets: targetsOf(measured),
    notes: [
      `${size} papers; 11 neighbours with title, abstract and score of a paper drawn at random, each asked for once before any is asked for again; the bare server sends one such answer of ${payloadBytes} bytes each time, by \`c.json(answer)\`, or ("ready bytes") by \`c.body(text)\`, which is Node's HTTP and nothing else. The targets are those of \`c.json\`.`,
      '`kindred` is one process, the default, as bare Hono is; `kindred, N processes` is `--workers N`, one for each core. Weaviate uses all cores with its threads.',
      `Load by ${generator === 'wrk' ? '`wrk -t1`' : 'the generator of the bench'} over 16 connections, then over one; ${lengths.rounds} turns of ${lengths.ms / 1000} s.`,
      `Every server searches by HNSW with M 16 and efConstruction 200, at the narrowest ef of 64, 96, 128, 192 that reaches a recall of .99 (${each.join(', ')}). Chroma is asked with the vector and gives documents, metadata and distances; Weaviate by GraphQL (nearObject) for title and abstract. Both count the paper itself among the 11.`,
      '`repeated` asks for 8 papers again and again; `not modified` for one with the ETag of its answer.',
      ...(repeated['not modified'] ? [] : ['Answers have no ETag.']),
      ...(size < FITTING
        ? ['All answers of so small a library may fit into a cache: see 20,000 papers for uncached ones.']
        : []),
    ],
    data: { size, payloadBytes, generator, busy, alone, repeated, recalls },
  }
}

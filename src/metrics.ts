import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type AnsweredRequest, COUNTERS, type Metrics } from './domain/metrics.ts'

const PREFIX = 'kindred_'
/** Seconds: a search takes some milliseconds, an upload minutes. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60]

export interface ReportedMetrics extends Metrics {
  report(): Promise<MetricsReport>
}

/** What one process counts, to be put together with what others do. */
export type MetricsReport = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** The counts of several processes in one text; each is told apart by its label. */
export const textOfReports = (reports: readonly MetricsReport[]): Promise<string> =>
  AggregatorRegistry.aggregate([...reports]).metrics()

/** The requests of a route that were answered alike. */
interface Series {
  readonly method: string
  readonly status: number
  readonly histogram: Histogram.Internal<string>
}

/** Counts for one Kindred, in a registry of its own; `labels` go with each of them. */
export function createMetrics(labels: Readonly<Record<string, string>> = {}): ReportedMetrics {
  const registry = new Registry()
  registry.setDefaultLabels(labels)
  const registers = [registry]
  const counters = new Map(
    Object.entries(COUNTERS).map(([name, help]) => [
      name,
      new Counter({ name: `${PREFIX}${name}_total`, help, registers }),
    ]),
  )
  const requests = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Time from a request to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers,
  })
  // Looked up once: a route has few of them, and they come again all the time.
  const known = new Map<string, Series[]>()
  const seriesOf = ({ method, route, status }: AnsweredRequest): Series['histogram'] => {
    const ofRoute = known.get(route) ?? []
    for (const each of ofRoute) if (each.status === status && each.method === method) return each.histogram
    const histogram = requests.labels({ method, route, status })
    known.set(route, [...ofRoute, { method, status, histogram }])
    return histogram
  }
  const refused = new Counter({
    name: `${PREFIX}http_refused_total`,
    help: 'Requests refused with OVERLOADED before anything was done for them, by reason.',
    labelNames: ['reason'],
    registers,
  })
  let ofProcess = false
  function withProcess(): Registry {
    // Its observers run for good, so they begin with the first who asks.
    if (!ofProcess) collectDefaultMetrics({ register: registry })
    ofProcess = true
    return registry
  }
  return {
    contentType: registry.contentType,
    count: (name) => counters.get(name)?.inc(),
    addGauge: ({ name, help, read }) => {
      // The newest of a name counts, e.g. that of a server started anew.
      registry.removeSingleMetric(`${PREFIX}${name}`)
      new Gauge({
        name: `${PREFIX}${name}`,
        help,
        registers,
        async collect() {
          try {
            this.set(await read())
          } catch {
            // E.g. of a damaged database: the others must not be hidden just then.
            this.remove()
          }
        },
      })
    },
    noteRequest: (request) => seriesOf(request).observe(request.seconds),
    noteRefused: (reason) => refused.inc({ reason }),
    text: () => withProcess().metrics(),
    report: () => withProcess().getMetricsAsJSON(),
  }
}

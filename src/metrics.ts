import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { COUNTERS, type Metrics } from './domain/metrics.ts'

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
  // Looked up once: the labels of a request are few, and come again all the time.
  const known = new Map<string, Histogram.Internal<string>>()
  const series = (name: string, labels: { method: string; route: string; status: number }) => {
    const found = known.get(name) ?? requests.labels(labels)
    known.set(name, found)
    return found
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
    noteRequest: ({ method, route, status, seconds }) =>
      series(`${method} ${route} ${status}`, { method, route, status }).observe(seconds),
    noteRefused: (reason) => refused.inc({ reason }),
    text: () => withProcess().metrics(),
    report: () => withProcess().getMetricsAsJSON(),
  }
}

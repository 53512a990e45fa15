import { joinCluster, leaveCluster, type Member } from '../cluster/member.ts'
import { superviseWorkers } from '../cluster/supervise.ts'
import type { Kindred } from '../compose.ts'
import type { Metrics } from '../domain/metrics.ts'
import { createMetrics, type MetricsReport, type ReportedMetrics, textOfReports } from '../metrics.ts'
import { runServer } from './run-server.ts'
import { type Session, useKindred } from './session.ts'

interface SuperviseOptions {
  readonly signal: AbortSignal
  readonly onServing: (serving: { readonly url: string; readonly papers: number }) => Promise<void>
  readonly onStopping: () => void
}

/** Keeps the processes running that serve. Resolves with the exit code. */
export function runSupervisor({ config, log }: Session, options: SuperviseOptions): Promise<number> {
  return superviseWorkers({
    ...options,
    workers: config.workers,
    onStarted: ({ role, number: worker, pid }) =>
      log.info({ event: 'worker_serving', role, worker, process: pid }, 'a process serves'),
    onDied: ({ role, number: worker }, { pid, ...exit }) =>
      log.error(
        { event: 'worker_died', role, worker, process: pid, ...exit },
        'another process takes the place of one',
      ),
  })
}

/** A question is embedded by one process at a time; all of them together shall not ask for more than the cores. */
function configOfReader({ config }: Session): Session['config'] {
  return { ...config, embedWorkers: Math.max(1, Math.floor(config.embedWorkers / config.workers)) }
}

interface MemberOptions {
  readonly signal: AbortSignal
  /** Before the one that writes serves. */
  readonly prepare: (kindred: Kindred) => Promise<void>
}

async function serveAs(member: Member, session: Session, options: MemberOptions & { metrics: Metrics }): Promise<void> {
  const { signal, metrics, prepare } = options
  const onServing = async (serving: Parameters<Member['serving']>[0]) => member.serving(serving)
  if (member.role === 'writer') {
    return useKindred(session, { metrics }, async (kindred) => {
      await prepare(kindred)
      await runServer(kindred, session, { signal, isShared: true, onServing })
    })
  }
  const { writerPort } = member
  const reader = { ...session, config: configOfReader(session) }
  return useKindred(reader, { follows: true, metrics }, (kindred) =>
    runServer(kindred, reader, { signal, writerPort, onServing }),
  )
}

/** Serves as one of several processes, as the one that supervises says. */
export async function runMember(session: Session, { signal: interrupted, prepare }: MemberOptions): Promise<void> {
  const stop = new AbortController()
  if (interrupted.aborted) stop.abort()
  else interrupted.addEventListener('abort', () => stop.abort(), { once: true })
  let counted: ReportedMetrics | null = null
  try {
    const report = async () => (await counted?.report()) ?? []
    const member = await joinCluster({ report, onStop: () => stop.abort() })
    counted = createMetrics({ worker: String(member.number) })
    const text = async () => textOfReports((await member.collect()) as MetricsReport[])
    await serveAs(member, session, { signal: stop.signal, prepare, metrics: { ...counted, text } })
  } finally {
    leaveCluster()
  }
}

import cluster from 'node:cluster'
import type { Notice, Order, Report, Role, Serving } from './messages.ts'

export interface MemberEvents {
  /** What this process counts. */
  readonly report: () => Promise<Report>
  /** To finish what is in flight, and end. */
  readonly onStop: () => void
}

/** This process among those that share the port. */
export interface Member {
  readonly role: Role
  /** 1 is the writer's; one that takes the place of another has its number. */
  readonly number: number
  /** Where requests that write are forwarded to; null while no process writes. */
  readonly writerPort: () => number | null
  /** Tells that this process serves now. */
  readonly serving: (serving: Serving) => void
  /** What each of the processes counts. */
  readonly collect: () => Promise<readonly Report[]>
}

/** Whether this process was started to be one of several that serve. */
export const isMember = (): boolean => cluster.isWorker

const tell = (notice: Notice): void => {
  // Once the supervisor is gone this process ends as well.
  if (process.connected) process.send?.(notice, undefined, undefined, () => {})
}

/** Nothing is told any more; without it the channel would keep this process alive. */
export const leaveCluster = (): void => void cluster.worker?.disconnect()

/** Waits to be told what this process is to do. */
export function joinCluster({ report, onStop }: MemberEvents): Promise<Member> {
  let writerPort: number | null = null
  const collecting = new Map<number, (reports: readonly Report[]) => void>()
  let lastId = 0
  const collect: Member['collect'] = () =>
    new Promise((resolve) => {
      lastId += 1
      collecting.set(lastId, resolve)
      tell({ type: 'collect', id: lastId })
    })
  return new Promise((resolve) => {
    process.on('message', (order: Order) => {
      if (order.type === 'start') {
        const { role, number } = order
        const serving: Member['serving'] = (told) => tell({ type: 'serving', ...told })
        resolve({ role, number, writerPort: () => writerPort, serving, collect })
      } else if (order.type === 'writer') writerPort = order.port
      else if (order.type === 'stop') onStop()
      else if (order.type === 'report')
        void report().then((told) => tell({ type: 'report', id: order.id, report: told }))
      else {
        collecting.get(order.id)?.(order.reports)
        collecting.delete(order.id)
      }
    })
    tell({ type: 'ready' })
  })
}

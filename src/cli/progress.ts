import cliProgress from 'cli-progress'
import { createPaceMeter, describePace, type Pace } from './pace.ts'

/** Between two lines where no terminal shows a bar. */
const LINE_EVERY_MS = 3_000
const BAR_STEPS = 1_000

export interface Progress {
  /** `total` where it is known in papers; otherwise the bytes tell how far the work is. */
  papers(done: number, total?: number): void
  bytes(read: number, total: number | null): void
  stop(): void
}

type Describe = (pace: Pace) => string

interface Display {
  show(pace: Pace): void
  stop(): void
}

interface Screen extends NodeJS.WritableStream {
  readonly isTTY?: boolean
}

function createBar(stream: Screen, describe: Describe): Display {
  const bar = new cliProgress.SingleBar({
    stream,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    clearOnComplete: true,
    hideCursor: true,
    // Signals are the command's: it stops the bar when it is done.
    gracefulExit: false,
    format: (options, { progress }, payload: { pace?: Pace }) => {
      if (!payload.pace) return 'starting the model …'
      const text = describe(payload.pace)
      if (payload.pace.fraction === null) return text
      return `${cliProgress.Format.BarFormat(progress, options)} ${Math.floor(progress * 100)} % · ${text}`
    },
  })
  bar.start(BAR_STEPS, 0, {})
  return {
    show: (pace) => bar.update(Math.round((pace.fraction ?? 0) * BAR_STEPS), { pace }),
    stop: () => bar.stop(),
  }
}

function createLines(stream: Screen, describe: Describe, now: () => number): Display {
  let last = Number.NEGATIVE_INFINITY
  return {
    show: (pace) => {
      if (now() - last < LINE_EVERY_MS) return
      last = now()
      const percent = pace.fraction === null ? '' : ` (${Math.floor(pace.fraction * 100)} %)`
      stream.write(`${describe(pace)}${percent}\n`)
    },
    stop: () => {},
  }
}

const SILENT: Progress = { papers: () => {}, bytes: () => {}, stop: () => {} }

interface ProgressOptions {
  readonly stream: Screen
  readonly silent: boolean
  /** What stands beside the share that is done; papers and their pace where it is not said. */
  readonly describe?: Describe
  readonly now?: () => number
}

/** A bar on a terminal; elsewhere a plain line now and then, the first one at once. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, silent, describe = describePace, now = () => performance.now() } = options
  if (silent) return SILENT
  const display = stream.isTTY ? createBar(stream, describe) : createLines(stream, describe, now)
  const measure = createPaceMeter(now)
  let fraction: number | null = null
  return {
    papers: (done, total) => display.show(measure(done, total ? done / total : fraction)),
    bytes: (read, total) => {
      fraction = total ? Math.min(1, read / total) : null
    },
    stop: () => display.stop(),
  }
}

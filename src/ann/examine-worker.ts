import { parentPort, workerData } from 'node:worker_threads'
import { giveWay } from '../disk/scheduling.ts'
import { type Examined, examination } from './examination.ts'

giveWay()
parentPort?.postMessage(await examination(workerData as Examined))

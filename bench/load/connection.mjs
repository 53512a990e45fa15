// One keep-alive HTTP/1.1 connection that has one request under way at a time. It reads no more of an answer than where
// it ends, so that a load generator leaves the processor to what it measures.
import { connect } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n')

/** Length of the whole answer in `buffer`, or 0 while it is not all there. */
function answerLength(buffer, answer) {
  const headEnd = buffer.indexOf(HEAD_END)
  if (headEnd < 0) return 0
  const head = buffer.latin1Slice(0, headEnd).toLowerCase()
  answer.status = Number(head.slice(9, 12))
  answer.closes = head.includes('\r\nconnection: close')
  const bodyAt = headEnd + HEAD_END.length
  if (answer.status === 304 || answer.status === 204) return bodyAt
  const length = /\r\ncontent-length: *(\d+)/.exec(head)
  if (length) return buffer.length >= bodyAt + Number(length[1]) ? bodyAt + Number(length[1]) : 0
  // Chunked: the end of this answer is the end of what has arrived, because nothing else was asked for.
  return buffer.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK) ||
    buffer.subarray(bodyAt).equals(LAST_CHUNK.subarray(2))
    ? buffer.length
    : 0
}

export class Connection {
  #socket = null
  #parts = []
  #pending = null

  constructor({ host, port }) {
    this.host = host
    this.port = port
  }

  get busy() {
    return this.#pending !== null
  }

  /** Calls `onEnd({ status, bytes })` once; status 0 where the connection broke. */
  send(request, onEnd) {
    this.#pending = onEnd
    this.#parts = []
    this.#open().write(request)
  }

  close() {
    this.#socket?.destroy()
  }

  #open() {
    if (this.#socket) return this.#socket
    const socket = connect(this.port, this.host).setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = null
      this.#end({ status: 0, bytes: 0 })
    })
    this.#socket = socket
    return socket
  }

  #take(chunk) {
    this.#parts.push(chunk)
    const buffer = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts)
    this.#parts = [buffer]
    const answer = { status: 0, closes: false }
    const length = answerLength(buffer, answer)
    if (length === 0) return
    if (answer.closes) {
      this.#socket?.destroy()
      this.#socket = null
    }
    this.#end({ status: answer.status, bytes: length })
  }

  #end(result) {
    const onEnd = this.#pending
    this.#pending = null
    onEnd?.(result)
  }
}

/** The bytes of a request. */
export function requestBytes({ host, port }, { method = 'GET', path, headers = {}, body }) {
  const all = { host: `${host}:${port}`, ...headers, ...(body && { 'content-length': Buffer.byteLength(body) }) }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body ?? ''}`)
}

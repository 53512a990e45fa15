import { Writable } from 'node:stream'

/**
 * Keeps standard output for a protocol: what is written to the stream that is returned goes there, whatever else
 * writes to standard output (the console, a library) to standard error. Native code of models runs in processes of its
 * own, whose output goes to standard error anyway.
 */
export function takeStandardOutput(): Writable {
  const { stdout, stderr } = process
  const write = stdout.write.bind(stdout)
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: string | Uint8Array, _encoding, done) => void write(chunk, (error) => done(error)),
  })
  stdout.write = stderr.write.bind(stderr)
  return output
}

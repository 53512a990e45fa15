import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { environment, PROGRAM } from '../cli/run-kindred.ts'
import { PAPERS } from '../http/papers.ts'

/** The current revision, and the handshake of those before it. */
export const REVISIONS: Readonly<Record<string, VersionNegotiationMode>> = {
  '2026-07-28': { pin: '2026-07-28' },
  '2025-11-25': 'legacy',
}

const clientOf = (mode: VersionNegotiationMode): Client =>
  new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } })

export async function connectHttp(url: string, mode: VersionNegotiationMode): Promise<Client> {
  const client = clientOf(mode)
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)))
  return client
}

export async function connectStdio(dir: string, mode: VersionNegotiationMode): Promise<Client> {
  const env = Object.fromEntries(
    Object.entries(environment()).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  )
  const client = clientOf(mode)
  const transport = new StdioClientTransport({ command: process.execPath, args: [PROGRAM, 'mcp'], cwd: dir, env })
  await client.connect(transport)
  return client
}

export interface IndexFolder {
  /** Where the program runs; its index is `idx`. */
  readonly dir: string
  remove(): void
}

/** A folder with an index of PAPERS, made by the program. */
export function createIndex(): IndexFolder {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-mcp-'))
  const file = join(dir, 'papers.jsonl')
  writeFileSync(file, PAPERS.map((paper) => `${JSON.stringify(paper)}\n`).join(''))
  execFileSync(process.execPath, [PROGRAM, 'ingest', file, '--json'], { cwd: dir, env: environment(), stdio: 'pipe' })
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

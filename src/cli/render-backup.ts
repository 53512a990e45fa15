import type { Backup, BackupManifest } from '../maintenance.ts'
import { renderTable } from './render-stats.ts'
import { counted, grouped, type Style } from './style.ts'

const MEGABYTE = 1_000_000

export function renderManifest(manifest: BackupManifest, style: Style): string {
  const { createdAt, kindred, schemaVersion, papers, generation, fingerprints, databaseId } = manifest
  return renderTable(
    [
      ['Made', `${createdAt} by Kindred ${kindred}, schema ${schemaVersion}`],
      ['Papers', `${grouped(papers)} (generation ${grouped(generation)})`],
      ['Fingerprint', fingerprints.join(', ') || 'none'],
      ['Database', databaseId],
    ],
    style,
  )
}

export function renderBackup({ file, bytes, manifest }: Backup, style: Style): string {
  const size = `${(bytes / MEGABYTE).toFixed(1)} MB`
  return `Backed up ${counted(manifest.papers, 'paper')} to ${file} (${size}).\n${renderManifest(manifest, style)}`
}

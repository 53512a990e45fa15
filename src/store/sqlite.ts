import { createRequire } from 'node:module'
import type BetterSqlite from 'better-sqlite3'

const require = createRequire(import.meta.url)
const NODE_MAJOR = Number.parseInt(process.versions.node, 10)

/**
 * better-sqlite3, in the release that is made for the running Node: 12 stands on V8's own interface and aborts on
 * Node 24.19 and later when a statement is collected; 13 stands on Node-API and wants Node 22.
 */
export const Sqlite: typeof BetterSqlite = NODE_MAJOR >= 22 ? require('better-sqlite3-13') : require('better-sqlite3')

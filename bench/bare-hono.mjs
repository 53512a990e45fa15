// The least that a server in Hono can do: one constant answer, read from a file: `/json` makes its text from the object
// for each request, as `c.json` does; `/text` sends bytes that were made before. `node bare-hono.mjs <file>`
import { readFileSync } from 'node:fs'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const payload = readFileSync(process.argv[2], 'utf8')
const answer = JSON.parse(payload)
const app = new Hono()
app.get('/json', (c) => c.json(answer))
app.get('/text', (c) => c.body(payload, 200, { 'Content-Type': 'application/json' }))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` })),
)

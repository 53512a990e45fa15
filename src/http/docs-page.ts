import { html } from 'hono/html'
import { CODES, type ErrorCode } from '../domain/errors.ts'
import { STATUS } from './problem.ts'

/** Starts Swagger UI. A file of its own, so that the page needs no inline script; no validator, so that nothing leaves. */
export const INITIALIZER = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
})
`

export const STYLE = `body { margin: 0; }
.problems { max-width: 1460px; margin: 0 auto; padding: 0 20px 40px; font-family: sans-serif; color: #3b4151; }
.problems dt { margin-top: 1em; font-family: monospace; font-weight: 600; }
.problems dd { margin-left: 0; }
.problems :target { background: #fff3c4; }
`

const entry = (code: ErrorCode) =>
  html`<dt id="${code}">${code} (${STATUS[code]})</dt>
      <dd>${CODES[code].text} ${CODES[code].remedy}</dd>
      `

/** The page: the routes as Swagger UI shows them, and every problem code under the anchor that its `type` names. */
export const docsPage = (version: string) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Kindred ${version}: HTTP API</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/docs.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <section class="problems">
      <h2>Problems</h2>
      <dl>
      ${(Object.keys(CODES) as ErrorCode[]).map(entry)}
      </dl>
    </section>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/initializer.js"></script>
  </body>
</html>
`

import { secureHeaders } from 'hono/secure-headers'

const SELF = "'self'"
const NONE = "'none'"

/**
 * One policy for everything that is served: scripts and styles are files of ours, nothing inline and nothing from
 * elsewhere. Without TLS there is no Strict-Transport-Security.
 */
export const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: [NONE],
    scriptSrc: [SELF],
    styleSrc: [SELF],
    imgSrc: [SELF, 'data:'],
    connectSrc: [SELF],
    baseUri: [NONE],
    formAction: [NONE],
    frameAncestors: [NONE],
  },
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
})

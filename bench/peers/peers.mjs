// What a user may pick instead, as far as it is installed (bench/peers/install.sh).
import { openChroma } from './chroma.mjs'
import { openWeaviate } from './weaviate.mjs'

const OPENERS = { Chroma: openChroma, Weaviate: openWeaviate }

/** Those that could be started, filled with the papers of the library. */
export async function openPeers(context) {
  const opened = []
  for (const [name, open] of Object.entries(OPENERS)) {
    try {
      const peer = await open(context)
      if (peer) opened.push(peer)
      else context.log(`${name} is not installed in ${context.peersDir}: left out`)
    } catch (error) {
      context.log(`${name} could not be used: ${error.message}`)
    }
  }
  return opened
}

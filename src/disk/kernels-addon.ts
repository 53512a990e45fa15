import { createRequire } from 'node:module'

const ADDON = '../../native/kernels/build/Release/kernels.node'

/** What native/kernels/addon.cc exports, where no compiler of ours looks; nothing where the installation could not compile it. */
function loadAddon(): object {
  try {
    return createRequire(import.meta.url)(ADDON) as object
  } catch {
    return {}
  }
}

export const kernelsAddon = loadAddon()

const exported: { readonly helper?: object } = kernelsAddon

/** The second thread of our addons, for another one to use as well. */
export const { helper } = exported

// open-loop.cc, compiled when it is needed first: who builds Kindred has a C++ compiler.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { tempDir } from '../temp-dir.mjs'

const SOURCE = fileURLToPath(new URL('open-loop.cc', import.meta.url))
const COMPILER = process.env.CXX || 'c++'

async function compile() {
  const { dir, remove } = tempDir()
  const program = join(dir, 'open-loop')
  try {
    await promisify(execFile)(COMPILER, ['-O2', '-std=c++17', '-o', program, SOURCE])
    return program
  } catch {
    remove()
    return null
  }
}

let compiled
/** The path of the program; null where it cannot be compiled. */
export function compiledOpenLoop() {
  compiled ??= compile()
  return compiled
}

// Programs of the bench in C++, each compiled when it is needed first: who builds Kindred has a compiler.
import { execFile } from 'node:child_process'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { tempDir } from './temp-dir.mjs'

const COMPILER = process.env.CXX || 'c++'

async function compile(source) {
  const { dir, remove } = tempDir()
  const program = join(dir, basename(source, '.cc'))
  try {
    await promisify(execFile)(COMPILER, ['-O2', '-std=c++17', '-o', program, source])
    return program
  } catch {
    remove()
    return null
  }
}

const compiled = new Map()
/** The path of the program that a source file makes; null where it cannot be compiled. */
export function compiledProgram(source) {
  if (!compiled.has(source)) compiled.set(source, compile(source))
  return compiled.get(source)
}

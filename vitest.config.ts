import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// onnxruntime aborts when it is loaded twice in one process or torn down by a thread pool, so the tests that load the
// real model have a project of their own: one forked process, one after the other.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.model.test.ts'],
          pool: 'forks',
          // Many of them wait for processes that they started: with two cores, too, two files at a time are done sooner.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'model',
          include: ['test/**/*.model.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})

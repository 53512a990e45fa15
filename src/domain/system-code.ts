/** The code of an error that the operating system or Node gave, e.g. `ENOENT`; undefined for any other. */
export const systemCodeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined

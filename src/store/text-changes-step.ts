/**
 * Which papers' texts each generation wrote or removed, for what is derived from the text index. Triggers, not the
 * writer, keep it, so that it is complete also where an older program writes.
 */
export const TEXT_CHANGES_STEP = `
  CREATE TABLE text_changes (
    generation INTEGER NOT NULL,
    paper INTEGER NOT NULL,
    PRIMARY KEY (generation, paper)
  ) STRICT, WITHOUT ROWID;
  ${[
    ['added', 'INSERT', 'new'],
    ['changed', 'UPDATE OF document', 'new'],
    ['removed', 'DELETE', 'old'],
  ]
    .map(
      ([name, event, row]) => `
  CREATE TRIGGER text_${name} AFTER ${event} ON papers BEGIN
    INSERT OR IGNORE INTO text_changes (generation, paper) SELECT value, ${row}.key FROM meta WHERE name = 'generation';
  END;`,
    )
    .join('')}`

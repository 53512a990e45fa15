/**
 * The vectors of titles and sentences. `vectors` holds the title's row, then one a sentence; a row without spans counts
 * the attempts that failed. The trigger, not the writer, drops what no longer fits the text.
 */
export const SENTENCES_STEP = `
  CREATE TABLE sentences (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    fingerprint INTEGER NOT NULL REFERENCES fingerprints,
    attempts INTEGER NOT NULL DEFAULT 0,
    spans TEXT,
    vectors BLOB,
    UNIQUE (paper, fingerprint)
  ) STRICT;
  CREATE INDEX sentences_open ON sentences (fingerprint, attempts) WHERE spans IS NULL;
  CREATE TRIGGER sentences_follow_text AFTER UPDATE OF document ON papers
    WHEN json_extract(old.document, '$.title', '$.abstract') IS NOT json_extract(new.document, '$.title', '$.abstract')
    BEGIN DELETE FROM sentences WHERE paper = old.key; END;`

/**
 * The titles for completion, each word as it is spelled. A row's place puts shorter titles first, so that the first
 * rows of any match are the ones to show.
 */
export const TITLES_STEP = `
  CREATE TABLE title_places (paper INTEGER PRIMARY KEY, place INTEGER NOT NULL) STRICT;
  CREATE VIRTUAL TABLE titles_text USING fts5 (
    title, content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
  );
  INSERT INTO title_places (paper, place) SELECT key, length(spaced_text(document ->> '$.title')) << 32 | key FROM papers;
  INSERT INTO titles_text (rowid, title)
    SELECT place, spaced_text(document ->> '$.title') FROM papers JOIN title_places ON paper = key;`

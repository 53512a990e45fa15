import type { Database } from 'better-sqlite3'
import { cleanLatex } from '../domain/latex.ts'
import { plainWords, spacedText } from '../domain/terms.ts'

/** What WORDS_STEP calls from SQL to read the papers that are there already. */
export function addWordFunctions(db: Database): void {
  const options = { deterministic: true, directOnly: true }
  db.function('spaced_text', options, (text) => spacedText(cleanLatex(String(text))))
  db.function('plain_words', options, (text) => JSON.stringify(plainWords(cleanLatex(String(text)))))
}

/** The words as they are spelled, and the text index anew with Chinese, Japanese and Korean split into letters. */
export const WORDS_STEP = `
  CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
  INSERT OR IGNORE INTO words (word)
    SELECT each.value FROM papers, json_each(plain_words(document ->> '$.title' || ' ' || (document ->> '$.abstract'))) AS each;
  INSERT INTO papers_text (papers_text) VALUES ('delete-all');
  INSERT INTO papers_text (rowid, title, abstract)
    SELECT key, spaced_text(document ->> '$.title'), spaced_text(document ->> '$.abstract') FROM papers;`

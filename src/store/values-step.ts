import type { Database } from 'better-sqlite3'
import { comparable } from '../domain/filter-tree.ts'

/**
 * What a paper can be filtered and counted by, a row a value: as it is compared, and as it is shown in a count (null
 * where the value is only another name of one that is shown, as the handle of an organization is).
 */
const VALUES = `
  SELECT 'year' AS field, json_extract(document, '$.year') AS value, json_extract(document, '$.year') AS shown, papers.key AS key FROM papers
  UNION ALL SELECT 'publishedAt', json_extract(document, '$.publishedAt'), NULL, papers.key FROM papers
  UNION ALL SELECT 'commentCount', json_extract(document, '$.commentCount'), NULL, papers.key FROM papers
  UNION ALL SELECT 'id', id, NULL, papers.key FROM papers
  UNION ALL SELECT 'arxivId', json_extract(document, '$.arxivId'), NULL, papers.key FROM papers
  UNION ALL SELECT 'venue', json_extract(document, '$.venue'), json_extract(document, '$.venue'), papers.key FROM papers
  UNION ALL SELECT 'organization', json_extract(document, '$.organization.name'), json_extract(document, '$.organization.name'), papers.key FROM papers
  UNION ALL SELECT 'organization', json_extract(document, '$.organization.handle'), NULL, papers.key FROM papers
  UNION ALL SELECT 'authors', each.value, each.value, papers.key FROM papers, json_each(document, '$.authors') AS each
  UNION ALL SELECT 'categories', each.value, each.value, papers.key FROM papers, json_each(document, '$.categories') AS each
  UNION ALL SELECT 'sources', each.value, each.value, papers.key FROM papers, json_each(document, '$.sources') AS each`

/** The same for all papers and, with `AND key = ?` behind it, for one: an upgraded database is as a new one. */
export const insertValues = (condition = ''): string => `
  INSERT INTO paper_values (field, value, paper, shown)
  SELECT field, CASE typeof(value) WHEN 'text' THEN comparable(field, value) ELSE value END, key, shown
  FROM (${VALUES}) WHERE value IS NOT NULL ${condition}
  ON CONFLICT DO UPDATE SET shown = coalesce(shown, excluded.shown)`

export const VALUES_STEP = `
  CREATE TABLE paper_values (
    field TEXT NOT NULL,
    value ANY NOT NULL,
    paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    shown ANY,
    PRIMARY KEY (field, value, paper)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX paper_values_by_paper ON paper_values (paper, field);
  ${insertValues()};`

/** What the statements above call. */
export function addValueFunctions(db: Database): void {
  db.function('comparable', { deterministic: true }, comparable)
}

import { aliasesOf, generatedId, sameByTitle, textHash, titleKey } from '../domain/identity.ts'
import { cleanLatex } from '../domain/latex.ts'
import { mergeRecord } from '../domain/merge.ts'
import type { Paper, PaperRecord } from '../domain/paper.ts'
import { passageText } from '../domain/passage.ts'
import type { PaperChange, PaperStore, Provenance, StoredPaper } from '../domain/ports.ts'
import type { ParsedRecord } from './parse-record.ts'

/** A record with the file it came from. */
export interface SourcedRecord extends ParsedRecord {
  readonly source: string
}

export type Outcome = 'added' | 'updated' | 'unchanged'

/** What becomes of one paper in a batch; several records of the batch may speak of it. */
interface Draft {
  readonly key: number | null
  paper: Paper
  readonly aliases: Set<string>
  readonly provenance: Provenance[]
  readonly known: StoredPaper | null
  /** Vectors that records brought, by the hash of the text they stand for. */
  readonly vectors: Map<string, Float32Array>
}

export interface PlannedChange {
  readonly change: PaperChange
  /** The text whose vector is still missing; null where the paper keeps its vector or a record brought one. */
  readonly textToEmbed: string | null
}

export interface Plan {
  readonly outcomes: readonly Outcome[]
  readonly planned: readonly PlannedChange[]
}

class Planner {
  readonly #store: PaperStore
  readonly #now: string
  readonly #byAlias = new Map<string, Draft>()
  readonly #drafts: Draft[] = []

  constructor(store: PaperStore, now: string) {
    this.#store = store
    this.#now = now
  }

  /** Papers of this batch come before those of the store: they are newer. */
  async #find(record: PaperRecord): Promise<Draft | StoredPaper | null> {
    const aliases = aliasesOf(record)
    const title = `title:${titleKey(record.title)}`
    const hard = aliases.filter((alias) => alias !== title)
    const drafted = hard.map((alias) => this.#byAlias.get(alias)).find((draft) => draft !== undefined)
    const known = drafted ?? (await this.#store.findByAlias(hard))
    if (known) return this.#draftOf(known)
    const titled = this.#byAlias.get(title) ?? (await this.#store.findByAlias([title]))
    return titled && sameByTitle(record, titled.paper) ? this.#draftOf(titled) : null
  }

  /** A paper of the store that this batch has changed already goes on from its draft. */
  #draftOf(found: Draft | StoredPaper): Draft | StoredPaper {
    return this.#byAlias.get(`id:${found.paper.id}`) ?? found
  }

  async add(parsed: SourcedRecord): Promise<Outcome> {
    const found = await this.#find(parsed.record)
    if (found && saidBefore(found.provenance, parsed)) return 'unchanged'
    const reading = { source: parsed.source, now: this.#now }
    const merged = mergeRecord(parsed.record, found?.paper ?? null, reading)
    const draft =
      found && 'vectors' in found ? found : this.#newDraft(found, found ? merged : await this.#distinct(merged))
    draft.paper = { ...merged, id: draft.paper.id }
    draft.provenance.push({ source: parsed.source, recordHash: parsed.hash })
    for (const alias of [...aliasesOf(parsed.record), ...aliasesOf(draft.paper)]) {
      draft.aliases.add(alias)
      if (!this.#byAlias.has(alias)) this.#byAlias.set(alias, draft)
    }
    if (parsed.vector) draft.vectors.set(textHash(passageText(draft.paper)), parsed.vector)
    return found ? 'updated' : 'added'
  }

  #newDraft(known: StoredPaper | null, paper: Paper): Draft {
    const draft = {
      key: known?.key ?? null,
      paper,
      aliases: new Set<string>(),
      provenance: [],
      known,
      vectors: new Map(),
    }
    this.#drafts.push(draft)
    return draft
  }

  /** Two papers of one title: the second one's id tells them apart by its identifier. */
  async #distinct(paper: Paper): Promise<Paper> {
    if (!(await this.#taken(paper.id))) return paper
    return { ...paper, id: generatedId(paper.title, paper.arxivId ?? paper.doi ?? paper.sources.join()) }
  }

  async #taken(id: string): Promise<boolean> {
    return this.#byAlias.has(`id:${id}`) || (await this.#store.findByAlias([`id:${id}`])) !== null
  }

  planned(): PlannedChange[] {
    return this.#drafts.map(planChange)
  }
}

const saidBefore = (provenance: readonly Provenance[], parsed: SourcedRecord): boolean =>
  provenance.some(({ source, recordHash }) => source === parsed.source && recordHash === parsed.hash)

function planChange(draft: Draft): PlannedChange {
  const text = passageText(draft.paper)
  const hash = textHash(text)
  const kept = draft.known?.textHash === hash
  const vector = kept ? null : (draft.vectors.get(hash) ?? null)
  const { title, abstract } = draft.paper
  const change: PaperChange = {
    key: draft.key,
    paper: draft.paper,
    textHash: hash,
    vector,
    searchText: { title: cleanLatex(title), abstract: cleanLatex(abstract) },
    aliases: [...draft.aliases],
    provenance: draft.provenance,
  }
  return { change, textToEmbed: kept || vector ? null : text }
}

/** Decides for each record which paper it is of and what changes; writes nothing. */
export async function planChanges(store: PaperStore, records: readonly SourcedRecord[], now: string): Promise<Plan> {
  const planner = new Planner(store, now)
  const outcomes: Outcome[] = []
  for (const record of records) outcomes.push(await planner.add(record))
  return { outcomes, planned: planner.planned() }
}

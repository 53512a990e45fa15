import { generatedId, identifierAliases, sameByTitle, textHash, titleAlias } from '../domain/identity.ts'
import { cleanLatex } from '../domain/latex.ts'
import { mergeRecord } from '../domain/merge.ts'
import { ownTurn } from '../domain/own-turn.ts'
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
  /** Identifiers that the records gave. */
  readonly aliases: Set<string>
  readonly provenance: Provenance[]
  readonly known: StoredPaper | null
  /** Vectors that records brought, by the hash of the text they stand for. */
  readonly vectors: Map<string, Float32Array>
  /** The records that speak of it, by their places in the batch, with the hashes of their own texts. */
  readonly spokenOfBy: { readonly at: number; readonly textHash: string }[]
}

type Found = Draft | StoredPaper

export interface PlannedChange {
  readonly change: PaperChange
  /** The text whose vector is still missing; null where the paper keeps its vector or a record brought one. */
  readonly textToEmbed: string | null
  /** The place in the batch of the record that its text is of; where several were merged, of the last of them. */
  readonly textOf: number
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

  async add(parsed: SourcedRecord, at: number): Promise<Outcome> {
    const found = await this.#find(parsed.record)
    if (found && saidBefore(found, parsed)) return 'unchanged'
    const reading = { source: parsed.source, now: this.#now }
    const merged = mergeRecord(parsed.record, found?.paper ?? null, reading)
    const draft = found ? this.#draft(found) : this.#newDraft(null, await this.#distinct(merged))
    draft.paper = { ...merged, id: draft.paper.id }
    draft.provenance.push({ source: parsed.source, recordHash: parsed.hash })
    this.#name(draft, parsed.record)
    const hash = textHash(passageText(ownText(parsed.record)))
    draft.spokenOfBy.push({ at, textHash: hash })
    if (parsed.vector) draft.vectors.set(hash, parsed.vector)
    return found ? 'updated' : 'added'
  }

  async planned(): Promise<PlannedChange[]> {
    const planned: PlannedChange[] = []
    for (const draft of this.#drafts) {
      planned.push(planChange(draft))
      await ownTurn()
    }
    return planned
  }

  async #find(record: PaperRecord): Promise<Found | null> {
    const aliases = identifierAliases(record)
    const drafted = aliases.map((alias) => this.#byAlias.get(alias)).find((draft) => draft !== undefined)
    const known = drafted ?? (await this.#store.findByAlias(aliases))
    if (known) return this.#newest(known)
    const titled = await this.#titled(titleAlias(record.title))
    return titled && sameByTitle(record, titled.paper, idsOf(titled)) ? titled : null
  }

  /** A paper of the store comes before one of this batch, so that the answer does not depend on where batches end. */
  async #titled(title: string): Promise<Found | null> {
    const stored = await this.#store.findByAlias([title])
    const holder = stored && this.#newest(stored)
    return holder && titleAlias(holder.paper.title) === title ? holder : this.#draftTitled(title)
  }

  /** A draft whose title was changed since has left its former title to others. */
  #draftTitled(title: string): Draft | null {
    const draft = this.#byAlias.get(title)
    return draft && titleAlias(draft.paper.title) === title ? draft : null
  }

  /** A paper of the store that this batch has changed already goes on from its draft. */
  #newest(found: Found): Found {
    return this.#byAlias.get(`id:${found.paper.id}`) ?? found
  }

  #draft(found: Found): Draft {
    return isDraft(found) ? found : this.#newDraft(found, found.paper)
  }

  #newDraft(known: StoredPaper | null, paper: Paper): Draft {
    const key = known?.key ?? null
    const draft = { key, paper, aliases: new Set<string>(), provenance: [], known, vectors: new Map(), spokenOfBy: [] }
    this.#drafts.push(draft)
    return draft
  }

  #name(draft: Draft, record: PaperRecord): void {
    for (const alias of [...identifierAliases(record), ...identifierAliases(draft.paper)]) {
      draft.aliases.add(alias)
      if (!this.#byAlias.has(alias)) this.#byAlias.set(alias, draft)
    }
    const title = titleAlias(draft.paper.title)
    if (!this.#draftTitled(title)) this.#byAlias.set(title, draft)
  }

  /** Two papers of one title: the second one's id tells them apart by its identifier. */
  async #distinct(paper: Paper): Promise<Paper> {
    const distinction = paper.arxivId ?? paper.doi ?? paper.sources.join()
    let { id } = paper
    for (let attempt = 1; await this.#taken(id); attempt += 1) {
      id = generatedId(paper.title, attempt === 1 ? distinction : `${distinction} ${attempt}`)
    }
    return { ...paper, id }
  }

  async #taken(id: string): Promise<boolean> {
    return this.#byAlias.has(`id:${id}`) || (await this.#store.findByAlias([`id:${id}`])) !== null
  }
}

const isDraft = (found: Found): found is Draft => 'vectors' in found

const ownText = ({ title, abstract }: PaperRecord) => ({ title, abstract: abstract ?? '' })

function idsOf(found: Found): readonly string[] {
  if (!isDraft(found)) return found.ids
  const given = [...found.aliases].filter((alias) => alias.startsWith('id:')).map((alias) => alias.slice('id:'.length))
  return [...(found.known?.ids ?? []), ...given]
}

/** Whether the paper stands on this very record already. A source that changed the paper took its former ones back. */
function saidBefore(found: Found, parsed: SourcedRecord): boolean {
  const sources = new Set(isDraft(found) ? found.provenance.map(({ source }) => source) : [])
  const former = isDraft(found) ? (found.known?.provenance ?? []).filter(({ source }) => !sources.has(source)) : []
  return [...found.provenance, ...former].some(
    ({ source, recordHash }) => source === parsed.source && recordHash === parsed.hash,
  )
}

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
    aliases: [...draft.aliases, titleAlias(title)],
    provenance: draft.provenance,
  }
  const author = draft.spokenOfBy.findLast((record) => record.textHash === hash) ?? draft.spokenOfBy.at(-1)
  return { change, textToEmbed: kept || vector ? null : text, textOf: author?.at ?? 0 }
}

/**
 * Decides for each record which paper it is of and what changes; writes nothing. Takes turns with requests, a record at a
 * time.
 */
export async function planChanges(store: PaperStore, records: readonly SourcedRecord[], now: string): Promise<Plan> {
  const planner = new Planner(store, now)
  const outcomes: Outcome[] = []
  for (const [at, record] of records.entries()) {
    outcomes.push(await planner.add(record, at))
    await ownTurn()
  }
  return { outcomes, planned: await planner.planned() }
}

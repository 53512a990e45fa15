import type { EmbedKind } from '../domain/models.ts'

/** First in, first out, with two lanes: whatever is in the query lane goes before every passage. */
export class TaskQueue<Task extends { readonly kind: EmbedKind }> {
  readonly #lanes: Record<EmbedKind, Lane<Task>> = { query: new Lane(), passage: new Lane() }

  get size(): number {
    return this.#lanes.query.size + this.#lanes.passage.size
  }

  add(task: Task): void {
    this.#lanes[task.kind].add(task)
  }

  /** Puts a task that was taken before at the head of its lane. */
  putBack(task: Task): void {
    this.#lanes[task.kind].putBack(task)
  }

  take(): Task | undefined {
    return this.#lanes.query.take() ?? this.#lanes.passage.take()
  }

  drop(unwanted: (task: Task) => boolean): void {
    this.#lanes.query.drop(unwanted)
    this.#lanes.passage.drop(unwanted)
  }
}

/** A queue with a moving head: `shift` on an array of a hundred thousand texts would copy it each time. */
class Lane<Task> {
  #tasks: (Task | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#tasks.length - this.#head
  }

  add(task: Task): void {
    this.#tasks.push(task)
  }

  putBack(task: Task): void {
    if (this.#head === 0) this.#tasks.unshift(task)
    else {
      this.#head -= 1
      this.#tasks[this.#head] = task
    }
  }

  take(): Task | undefined {
    const task = this.#tasks[this.#head]
    if (this.size === 0) return undefined
    this.#tasks[this.#head] = undefined
    this.#head += 1
    if (this.size === 0) this.#reset([])
    return task
  }

  drop(unwanted: (task: Task) => boolean): void {
    const waiting = this.#tasks.slice(this.#head)
    this.#reset(waiting.filter((task) => task !== undefined && !unwanted(task)))
  }

  #reset(tasks: (Task | undefined)[]): void {
    this.#tasks = tasks
    this.#head = 0
  }
}

import { z } from 'zod'
import {
  comparable,
  FILTER_FIELDS,
  type Filter,
  type FilterField,
  type FilterOrder,
  type FilterValue,
} from './filter-tree.ts'
import { CalendarDate, LIMITS } from './paper.ts'

const MAX_CONDITIONS = 64
const MAX_DEPTH = 8
const MAX_VALUES = 500

const VALUES = {
  number: z.number(),
  date: CalendarDate,
  text: z.string().trim().min(1, 'must not be empty').max(LIMITS.name),
}

type Path = readonly PropertyKey[]

/** Where the reader stands. Depth counts the objects that a filter is nested in. */
interface Place {
  readonly path: Path
  readonly depth: number
}

interface Operation {
  readonly field: FilterField
  readonly value: unknown
  readonly path: Path
}

const NOTHING: Filter = { or: [] }
const ORDERS: ReadonlySet<string> = new Set<FilterOrder>(['$gt', '$gte', '$lt', '$lte'])
const isOrder = (operator: string): operator is FilterOrder => ORDERS.has(operator)
const isField = (name: string): name is FilterField => Object.hasOwn(FILTER_FIELDS, name)

const isObject = (raw: unknown): raw is Record<string, unknown> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw)

const together = (parts: readonly Filter[]): Filter => (parts.length === 1 && parts[0] ? parts[0] : { and: parts })

/** Reads one filter. What it returns is only of use where no faults were found. */
export class FilterReader {
  readonly faults: { readonly path: Path; readonly message: string }[] = []
  #conditions = 0

  read(raw: unknown): Filter {
    return this.#filter(raw, { path: [], depth: 1 })
  }

  #refuse(path: Path, message: string): Filter {
    this.faults.push({ path, message })
    return NOTHING
  }

  #filter(raw: unknown, { path, depth }: Place): Filter {
    if (depth > MAX_DEPTH) return this.#refuse(path, `is nested more than ${MAX_DEPTH} deep`)
    if (!isObject(raw)) return this.#refuse(path, 'must be an object of conditions')
    return together(
      Object.entries(raw).map(([name, value]) => this.#entry(name, value, { path: [...path, name], depth: depth + 1 })),
    )
  }

  #entry(name: string, value: unknown, place: Place): Filter {
    if (name === '$and') return { and: this.#list(value, place) }
    if (name === '$or') return { or: this.#list(value, place) }
    if (name === '$not') return { not: this.#filter(value, place) }
    if (isField(name)) return isObject(value) ? this.#operators(name, value, place) : this.#equal(name, value, place)
    const names = Object.keys(FILTER_FIELDS).join(', ')
    return this.#refuse(place.path, `is not a field to filter by; there are ${names}, $and, $or and $not`)
  }

  #list(value: unknown, { path, depth }: Place): Filter[] {
    if (!Array.isArray(value) || value.length === 0) return [this.#refuse(path, 'must be a list of filters, not empty')]
    if (value.length > MAX_CONDITIONS) return [this.#tooMany()]
    return value.map((each, at) => this.#filter(each, { path: [...path, at], depth }))
  }

  #operators(field: FilterField, raw: Record<string, unknown>, { path, depth }: Place): Filter {
    if (depth > MAX_DEPTH) return this.#refuse(path, `is nested more than ${MAX_DEPTH} deep`)
    const entries = Object.entries(raw)
    if (entries.length === 0) return this.#refuse(path, 'must hold an operator such as $eq')
    return together(
      entries.map(([operator, value]) => {
        const inner = [...path, operator]
        if (operator !== '$not') return this.#operation(operator, { field, value, path: inner })
        if (!isObject(value)) return this.#refuse(inner, 'must be an object of operators')
        return { not: this.#operators(field, value, { path: inner, depth: depth + 1 }) }
      }),
    )
  }

  #equal(field: FilterField, value: unknown, { path }: Place): Filter {
    return this.#operation('$eq', { field, value, path })
  }

  #operation(operator: string, operation: Operation): Filter {
    this.#conditions += 1
    if (this.#conditions > MAX_CONDITIONS) return this.#tooMany()
    const { field, value, path } = operation
    if (operator === '$eq') return this.#isValue(operation)
    if (operator === '$ne') return { not: this.#isValue(operation) }
    if (operator === '$in') return { field, in: this.#values(operation) }
    if (operator === '$nin') return { not: { field, in: this.#values(operation) } }
    if (operator === '$exists') return this.#exists(operation)
    if (!isOrder(operator)) return this.#refuse(path, 'is not an operator; see the description of Filter')
    if (FILTER_FIELDS[field] === 'text') return this.#refuse(path, `does not apply to ${field}, which has no order`)
    return { field, order: operator, than: this.#value(value, operation) }
  }

  #tooMany(): Filter {
    const message = `must have at most ${MAX_CONDITIONS} conditions`
    return this.faults.some((fault) => fault.message === message) ? NOTHING : this.#refuse([], message)
  }

  /** Null stands for a field that is missing. */
  #isValue(operation: Operation): Filter {
    const { field, value } = operation
    return value === null ? { not: { field, exists: true } } : { field, in: [this.#value(value, operation)] }
  }

  #exists({ field, value, path }: Operation): Filter {
    if (typeof value !== 'boolean') return this.#refuse(path, 'must be true or false')
    return value ? { field, exists: true } : { not: { field, exists: true } }
  }

  #values(operation: Operation): FilterValue[] {
    const { value, path } = operation
    if (Array.isArray(value) && value.length <= MAX_VALUES) {
      return value.map((each, at) => this.#value(each, { ...operation, path: [...path, at] }))
    }
    this.#refuse(path, `must be a list of at most ${MAX_VALUES} values`)
    return []
  }

  #value(value: unknown, { field, path }: Operation): FilterValue {
    const parsed = VALUES[FILTER_FIELDS[field]].safeParse(value)
    if (parsed.success) return comparable(field, parsed.data)
    this.#refuse(path, parsed.error.issues[0]?.message ?? 'is not a value of this field')
    return ''
  }
}

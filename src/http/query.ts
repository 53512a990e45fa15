import { z } from '@hono/zod-openapi'

/** Digits, perhaps with decimals: `1e3`, `0x10`, ` 5` and the empty string are not numbers here. */
const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/

/** The type below defaults and optionals: `number`, `boolean`, `string`, `enum` … */
function baseType(schema: z.core.$ZodType): string {
  const { def } = schema._zod
  return 'innerType' in def ? baseType(def.innerType as z.core.$ZodType) : def.type
}

/** What does not read as its type stays the text that it is, for the schema to refuse. */
function decode(text: string, type: string): unknown {
  // A parameter that may be repeated and is not.
  if (type === 'array') return [text]
  if (type === 'number' && NUMBER.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function decodeAll(raw: unknown, shape: z.core.$ZodShape): unknown {
  if (typeof raw !== 'object' || raw === null) return raw
  const decoded = Object.entries(raw).map(([name, value]) => {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined
    return [name, typeof value === 'string' && field ? decode(value, baseType(field)) : value]
  })
  return Object.fromEntries(decoded)
}

/** Reads the value of one parameter, likewise. */
export function parameterOf<Output>(field: z.ZodType<Output>) {
  const type = baseType(field)
  return (text: string) => field.safeParse(decode(text, type))
}

/** A request schema as query parameters: they arrive as text, so numbers and booleans are read from it, strictly. */
export function queryOf<Shape extends z.core.$ZodLooseShape>(schema: z.ZodObject<Shape, z.core.$strict>) {
  return z.pipe(
    z.transform((raw: unknown) => decodeAll(raw, schema.shape)),
    schema,
  )
}

/** Names in one parameter, parted by commas. */
export const commaList = <Output>(list: z.ZodType<Output>) =>
  z
    .pipe(
      z.transform((text: unknown) => (typeof text === 'string' ? text.split(',').map((name) => name.trim()) : text)),
      list,
    )
    .openapi({ param: { style: 'form', explode: false } })

/** For routes without parameters: whoever sends one is told, because it would do nothing. */
export const NoQuery = z.strictObject({})

/** What stands behind the question mark of a URL, as it was sent. */
export const queryString = (url: string): string => {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}

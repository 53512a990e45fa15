import { describe, expect, it } from 'vitest'
import { personName } from '../../src/domain/person-name.ts'

const parts = (given: string, family: string, over = {}) => ({ given, family, particle: '', suffix: '', ...over })

describe('a name', () => {
  it.each([
    ['Ada Lovelace', parts('Ada', 'Lovelace')],
    ['Lovelace, Ada', parts('Ada', 'Lovelace')],
    ['J. R. R. Tolkien', parts('J. R. R.', 'Tolkien')],
    ['Ludwig van Beethoven', parts('Ludwig', 'Beethoven', { particle: 'van' })],
    ['van Beethoven, Ludwig', parts('Ludwig', 'Beethoven', { particle: 'van' })],
    ['Juan Carlos de la Cruz', parts('Juan Carlos', 'Cruz', { particle: 'de la' })],
    ['García Márquez, Gabriel', parts('Gabriel', 'García Márquez')],
    ['Martin Luther King Jr.', parts('Martin Luther', 'King', { suffix: 'Jr.' })],
    ['Martin Luther King, Jr.', parts('Martin Luther', 'King', { suffix: 'Jr.' })],
    ['King, Jr., Martin Luther', parts('Martin Luther', 'King', { suffix: 'Jr.' })],
    ['King, Martin Luther, III', parts('Martin Luther', 'King', { suffix: 'III' })],
    ['danah boyd', parts('danah', 'boyd')],
    ["P{\\'a}l Erd{\\H o}s", parts('Pál', 'Erdős')],
    ['李 明', parts('李', '明')],
  ])('%s has its parts', (author, expected) => {
    expect(personName(author)).toEqual(expected)
  })

  it.each([
    'Plato',
    '李明',
    'OpenAI',
    'DeepSeek-AI',
    'The LIGO Collaboration',
    'Qwen Team',
    'Centre for Tides',
    'Smith & Sons',
    'Bells, Tides and Clocks',
    'University of Oslo',
    'One, Two, Three, Four',
    'Jr.',
  ])('%s stays whole', (author) => {
    expect(personName(author)).toEqual({ literal: author })
  })
})

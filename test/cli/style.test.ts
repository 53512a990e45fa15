import { describe, expect, it } from 'vitest'
import { block, counted, PLAIN, printable, styleOf, wrap } from '../../src/cli/style.ts'

const ESCAPE = '\u001B'

describe('the style of a stream', () => {
  it('has colours on a terminal only', () => {
    expect(styleOf({ isTTY: true, columns: 60 }, {}).paint('bold', 'x')).toContain(ESCAPE)
    expect(styleOf({}, {}).paint('bold', 'x')).toBe('x')
  })

  it('has none where NO_COLOR is set, and still the width of the terminal', () => {
    const style = styleOf({ isTTY: true, columns: 60 }, { NO_COLOR: '1' })
    expect(style.paint('bold', 'x')).toBe('x')
    expect(style.width).toBe(60)
  })

  it('takes an empty NO_COLOR as unset', () => {
    expect(styleOf({ isTTY: true }, { NO_COLOR: '' }).paint('red', 'x')).toContain(ESCAPE)
  })

  it('stays readable on very narrow and very wide terminals', () => {
    expect(styleOf({ isTTY: true, columns: 5 }, {}).width).toBe(40)
    expect(styleOf({ isTTY: true, columns: 400 }, {}).width).toBe(110)
  })
})

describe('text for people', () => {
  it('is wrapped at words, and a long word stands alone', () => {
    expect(wrap('one two three incomprehensibilities four', 9)).toEqual([
      'one two',
      'three',
      'incomprehensibilities',
      'four',
    ])
  })

  it('is indented within the width', () => {
    const lines = block('word '.repeat(50), 10, { ...PLAIN, width: 40 })
    for (const line of lines) expect(line).toMatch(/^ {10}\S.{0,29}$/)
  })

  it('cannot command the terminal', () => {
    expect(printable(`A${ESCAPE}[2J\u009B31m title\u0007\r\n of\u2028two lines`)).toBe('A [2J 31m title  of two lines')
  })

  it('counts with the right number and thousands apart', () => {
    expect([counted(1, 'paper'), counted(0, 'paper'), counted(1024, 'query', 'queries')]).toEqual([
      '1 paper',
      '0 papers',
      '1,024 queries',
    ])
  })
})

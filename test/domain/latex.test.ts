import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { cleanLatex, cleanPieces } from '../../src/domain/latex.ts'
import { passageText, queryText } from '../../src/domain/passage.ts'
import { createRandom, pick } from '../support/random.ts'

const CASES: readonly (readonly [markup: string, plain: string])[] = [
  ['$\\alpha$-divergence', 'α-divergence'],
  ['\\(O(n \\log n)\\) steps', 'O(n log n) steps'],
  ['$$E = mc^2$$', 'E = mc^2'],
  ['WIDGET-{\\delta} and WIDGET-\\Omega win', 'WIDGET-δ and WIDGET-Ω win'],
  ['A$^3$B', 'A^3B'],
  ['$x_{i}^{2}$', 'x_i^2'],
  ['$\\mathbb{R}^d \\to \\mathcal O$', 'R^d → O'],
  ['$a \\leq b \\times c \\approx \\infty$', 'a ≤ b × c ≈ ∞'],
  ['\\frac{a}{b+\\frac{1}{2}} done', 'a/b+1/2 done'],
  ['\\emph{very} \\textbf{bold \\textit{both}} \\texttt{code}', 'very bold both code'],
  ['{\\em leaning} and {\\bf heavy}', 'leaning and heavy'],
  ['as shown~\\cite[p.~3]{one,two}, and \\citep{three}.', 'as shown, and.'],
  ['see Figure~\\ref{fig:a} \\label{x}now', 'see Figure now'],
  ['50\\% of A\\&B, a\\_b, \\$5, \\#1, \\{set\\}', '50% of A&B, a_b, $5, #1, {set}'],
  [
    'Caf\\\'e, na\\"{\\i}ve, Erd\\H{o}s, Ha\\v{c}ek, fa\\c{c}ade, \\AA ngstr\\"om, gar\\c con',
    'Café, naïve, Erdős, Haček, façade, Å ngström, garçon',
  ],
  ['Stra\\ss{}e, \\o, \\ae', 'Straße, ø, æ'],
  ['pages 3--5 --- or so --- well---known', 'pages 3-5 - or so - well-known'],
  ['as said~-- so', 'as said - so'],
  ['only 2{9} of Ab_{cde}fgh and n^{2}d, {D}eep', 'only 2 9 of Ab_cde fgh and n^2d, Deep'],
  ["``quoted'' words", '"quoted" words'],
  ['code at \\url{https://example.org/~me/a_b%20c} here', 'code at https://example.org/~me/a_b%20c here'],
  ['the \\href{https://example.org/x}{project page}', 'the project page'],
  ['a \\textcolor{red}{bright} and {\\color{blue} dark} one', 'a bright and dark one'],
  ['many (\\eg this, \\ie that) \\etal', 'many (e.g. this, i.e. that) et al.'],
  ['our \\modelname, our \\modelname{} and \\ours{text}', 'our modelname, our modelname and text'],
  ['one\\\\two\\,three\\ four', 'one two three four'],
  ['\\begin{itemize}\\item one\\end{itemize}', 'one'],
  ['it ends\\. Then \\', 'it ends. Then'],
]

const UNCHANGED = [
  '',
  'Plain text, with (brackets), a_name, x^2, 50% and C# — all of it stays.',
  'It costs $5 and $10, or $5-$10 a month.',
  'A lone $ and US$ stay; so does $HOME.',
  'about ~50 items, see https://example.org/~user and --strict',
  "don't touch 'these' quotes",
  'Ünïcödé, 中文, α and 🚀',
]

describe('cleanLatex', () => {
  it.each(CASES)('turns %j into %j', (markup, plain) => {
    expect(cleanLatex(markup)).toBe(plain)
  })

  it.each(UNCHANGED)('leaves %j as it is', (text) => {
    expect(cleanLatex(text)).toBe(text)
  })

  it('folds white space and nothing else where there is no markup', () => {
    expect(cleanLatex('  emoji 🚀 and\ttabs\n\nnewlines\u00a0')).toBe('emoji 🚀 and tabs newlines')
  })

  it('survives unbalanced braces and dollar signs', () => {
    expect(cleanLatex('a } b {c \\emph{d $x')).toBe('a b c d $x')
    expect(cleanLatex('\\frac{a} \\frac \\cite{ \\url{ \\href{')).toContain('a/')
  })

  it('changes nothing when it reads its own output', () => {
    for (const [, plain] of CASES) {
      if (!/[{}$`]/.test(plain)) expect(cleanLatex(plain)).toBe(plain)
    }
  })

  it.each([
    '{',
    '}',
    '$',
    '$a ',
    '\\',
    '\\cite[',
    '\\cite{',
    '\\frac{',
    '\\"',
    '~',
    '-',
    '`',
    ' ',
    '\\a{',
    '$$x',
    "\\'{",
  ])(
    'reads 100,000 characters of %j in linear time',
    (piece) => {
      expect(cleanLatex(piece.repeat(100_000 / piece.length)).length).toBeLessThanOrEqual(100_000)
    },
    // Quadratic work on this length takes far longer than this limit, linear work a fraction of it.
    3_000,
  )
})

/** What is read in ways of its own, and what stands around it. */
const PIECES = [
  ...[
    '\\alpha',
    '\\emph{',
    '{',
    '}',
    '$',
    '$$',
    '\\$',
    '~',
    '-',
    '--',
    '---',
    '`',
    '``',
    "'",
    "''",
    '\\cite{a,b}',
    '\\cf',
  ],
  ...[
    '\\citep[p. 3]{x}',
    '\\ref{x}',
    '\\url{http://a.b/~c_d}',
    '\\url{ }',
    '\\href{u}{t}',
    '\\frac{a}{b}',
    "\\'e",
    '\\"{o}',
  ],
  ...[
    '\\v ',
    '\\\\',
    '\\,',
    '\\ ',
    '\\',
    '\\foo',
    '\\foo{x}',
    '\\it ',
    '\\quad',
    '[',
    'x_{ij}y',
    '2{9}',
    '.',
    ',',
    '!',
    '(',
  ],
  ...[
    'word',
    'éa',
    '中文',
    '😀',
    '\ud83d',
    '\u0301',
    '\u00a0',
    '\ufeff',
    '  ',
    '\t',
    '\n',
    ' ',
    ' ',
    ' ',
    'many plain words',
    ' \\cite{a}.',
    '\\ref{x}, ',
  ],
]

describe('cleanPieces', () => {
  // Offsets of sentences and quotes hang on them. After a change that is meant, the digest is that of the failed test.
  it('gives 3,000 seeded texts the text and the places that it always gave them', () => {
    const random = createRandom(36)
    const digest = createHash('sha256')
    for (let round = 0; round < 3_000; round += 1) {
      const length = Math.floor(random() ** 2 * 40)
      const given = Array.from({ length }, () => pick(random, PIECES)).join(pick(random, ['', ' ']))
      for (const { text, start, end } of cleanPieces(given)) {
        // Where the lengths agree, each character has its own place.
        const own = text.length === end - start
        for (const [at, unit] of text.split('').entries()) {
          digest.update(`${unit.charCodeAt(0)} ${own ? start + at : `${start} ${end}`},`)
        }
      }
      digest.update(`${cleanLatex(given)}\n`)
    }
    expect(digest.digest('hex')).toBe('77a36d936dba27b7f5138bf29a609f0a169024f5b32c4150d3b30dc9bf5d306f')
  })

  it('gives text without a meaning in one piece, up to the white space before what is dropped', () => {
    expect(cleanPieces('on large graphs \\cite{a}, $x$')).toEqual([
      { text: 'on large graphs', start: 0, end: 15 },
      { text: ', ', start: 24, end: 26 },
      { text: 'x', start: 27, end: 28 },
    ])
  })
})

describe('passageText', () => {
  it.each([
    ['A Title', 'Some words.', 'A Title. Some words.'],
    ['What now?', 'Some words.', 'What now? Some words.'],
    ['He said "Go!"', 'Some words.', 'He said "Go!" Some words.'],
    ['Only \\emph{this}', ' ', 'Only this'],
    ['\\cite{x}', 'Some words.', 'Some words.'],
    ['On $\\beta$', 'With\n $x_{1}$.', 'On β. With x_1.'],
  ])('joins %j and %j', (title, abstract, joined) => {
    expect(passageText({ title, abstract })).toBe(joined)
  })

  it('reads a question without its markup', () => {
    expect(queryText('  what is $\\lambda$-calculus ? ')).toBe('what is λ-calculus ?')
  })
})

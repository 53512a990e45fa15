const GREEK =
  'alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ varkappa ϰ lambda λ ' +
  'mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi φ varphi φ chi χ psi ψ ' +
  'omega ω Alpha Α Beta Β Gamma Γ Delta Δ Epsilon Ε Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ ' +
  'Omicron Ο Pi Π Rho Ρ Sigma Σ Tau Τ Upsilon Υ Phi Φ Chi Χ Psi Ψ Omega Ω'

const MATHS =
  'times × cdot · div ÷ pm ± mp ∓ ast * star ⋆ circ ∘ bullet • oplus ⊕ otimes ⊗ odot ⊙ le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ ' +
  'geqslant ≥ ll ≪ gg ≫ ne ≠ neq ≠ approx ≈ sim ~ simeq ≃ cong ≅ equiv ≡ propto ∝ lt < gt > to → rightarrow → ' +
  'longrightarrow → Rightarrow ⇒ implies ⇒ leftarrow ← gets ← Leftarrow ⇐ leftrightarrow ↔ Leftrightarrow ⇔ iff ⇔ ' +
  'mapsto ↦ uparrow ↑ downarrow ↓ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ cup ∪ bigcup ∪ cap ∩ ' +
  'bigcap ∩ setminus ∖ emptyset ∅ varnothing ∅ forall ∀ exists ∃ neg ¬ lnot ¬ land ∧ wedge ∧ lor ∨ vee ∨ top ⊤ bot ⊥ ' +
  'perp ⊥ parallel ∥ mid | sum ∑ prod ∏ int ∫ oint ∮ partial ∂ nabla ∇ infty ∞ sqrt √ angle ∠ triangle △ ell ℓ hbar ℏ ' +
  'Re ℜ Im ℑ aleph ℵ prime ′ langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lvert | rvert | vert | lVert ‖ rVert ‖ ' +
  'Vert ‖ lbrace { rbrace } cdots … ldots … dots … vdots ⋮ ddots ⋱'

const LETTERS =
  'ss ß ae æ AE Æ oe œ OE Œ o ø O Ø l ł L Ł aa å AA Å i ı j ȷ dh ð DH Ð th þ TH Þ dag † ddag ‡ S § P ¶ copyright © ' +
  'pounds £ euro € texteuro € degree ° textdegree ° textregistered ® texttrademark ™ textbackslash \\ textasciitilde ~ ' +
  "textasciicircum ^ textunderscore _ textendash - textemdash - textbar | textless < textgreater > textquotesingle ' " +
  'textquotedblleft " textquotedblright " checkmark ✓ cmark ✓ xmark ✗ TeX TeX LaTeX LaTeX eg e.g. ie i.e. etc etc. cf cf. ' +
  'wrt w.r.t.'

function table(pairs: string): Map<string, string> {
  const words = pairs.split(' ')
  const found = new Map<string, string>()
  for (let at = 0; at + 1 < words.length; at += 2) found.set(words[at] ?? '', words[at + 1] ?? '')
  return found
}

/** Commands that stand for a character or a fixed word. */
export const SYMBOLS = new Map([...table(`${GREEK} ${MATHS} ${LETTERS}`), ['etal', 'et al.']])

/** Accents by the character or one-letter command that makes them, as combining marks (`\'e`, `\c{c}`). */
export const ACCENTS = table(
  '\' \u0301 ` \u0300 ^ \u0302 " \u0308 ~ \u0303 = \u0304 . \u0307 c \u0327 v \u030c u \u0306 H \u030b k \u0328 r \u030a d \u0323 b \u0331',
)

/** Single characters after a backslash: what remains of them. */
export const ESCAPES = new Map([
  ...[...'%&_$#{}'].map((char) => [char, char] as const),
  ...[...'\\,;: >[]\n\t\r'].map((char) => [char, ' '] as const),
  ...[...'()!-/@'].map((char) => [char, ''] as const),
  ['|', '‖'] as const,
])

/** Commands that vanish with this many of their arguments; further arguments are text and stay. */
export const DROPPED = new Map([
  ...words(
    'cite citep citet citealp citealt citeauthor citeyear citeyearpar parencite textcite autocite nocite footcite',
    1,
  ),
  ...words(
    'ref eqref pageref autoref cref Cref nameref label tag vspace hspace begin end color pagestyle thispagestyle',
    1,
  ),
  ...words('includegraphics bibliography bibliographystyle input include usepackage fontsize', 1),
  ...words('textcolor colorbox href hyperref raisebox resizebox', 1),
])

function words(names: string, count: number): [string, number][] {
  return names.split(' ').map((name) => [name, count])
}

/** Switches that stand before the text they shape: they vanish together with the space that ends their name. */
export const SWITCHES = new Set(
  (
    'em bf it tt sc sl sf rm cal bfseries itshape ttfamily scshape slshape sffamily rmfamily mdseries upshape normalfont ' +
    'tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge centering noindent displaystyle textstyle ' +
    'scriptstyle left right big Big bigg Bigg bigl bigr Bigl Bigr middle limits nolimits xspace protect relax nonumber'
  ).split(' '),
)

/** Blank space of some width. */
export const SPACES = new Set(
  'quad qquad space enspace thinspace newline linebreak par item hfill smallskip medskip bigskip'.split(' '),
)

/** Commands that shape their argument: the argument stays, also where it is a bare letter (`\mathbb R`). */
export const WRAPPERS = new Set(
  (
    'emph textbf textit texttt textsc textsf textrm textsl textup textmd textnormal text mbox hbox fbox underline uline ' +
    'mathbf mathrm mathit mathtt mathsf mathcal mathbb mathfrak mathscr boldsymbol bm pmb operatorname hat widehat tilde ' +
    'widetilde bar overline vec dot ddot check breve acute grave mathring underbrace overbrace textsuperscript textsubscript ' +
    'ensuremath footnote'
  ).split(' '),
)

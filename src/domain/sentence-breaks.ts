/** How far back an abbreviation is looked for: bounds the work at each break. */
const TAIL = 24

/** What never ends a sentence: another word belongs to it. */
const LEADING =
  /(?:^|[^\p{L}])(?:e\.\s?g|i\.\s?e|c\.\s?f|cf|viz|vs|resp|approx|ca|w\.r\.t|figs?|tabs?|eqs?|eqns?|secs?|sects?|refs?|ch|chap|app|appx|alg|thm|lem|prop|def|vol|pp|dr|prof|mr|mrs|ms|st)\.\s*$/iu

/** What may end one: initials, acronyms with full stops, "et al.", "etc.", ellipses. */
const DOUBTFUL =
  /(?:(?:^|[^\p{L}])(?:et\s+al|etc|inc|ltd|corp|co|jr|sr|no|nos|univ|dept|intl|conf|proc|trans|est)|(?:^|[^\p{L}\p{N}])\p{Lu}|\p{L}\.\p{L})\.\s*$|(?:\.\s?\.\s?\.|…)\s*$/iu

/** The number of an item of a list: it belongs to what follows. */
const ENUMERATOR = /(?<=^|[.!?:;]["'”’)\]]*\s+)\(?\d{1,2}[.)]\s*$/

/** Words that open a sentence of an abstract far more often than they stand behind an abbreviation with a capital. */
const OPENER =
  /^["'“‘([]*(?:A|Additionally|After|All|Although|An|And|As|At|Based|Because|Both|But|By|Code|Compared|Despite|Each|Empirically|Even|Existing|Experiments?|Extensive|Finally|First|Firstly|For|From|Furthermore|Given|Hence|Here|How|However|If|In|Instead|It|Its|Many|Moreover|Most|No|Notably|On|One|Our|Overall|Recent|Recently|Results?|Second|Secondly|Several|Since|Some|Specifically|Such|That|The|Then|There|Therefore|These|They|This|Those|Through|Thus|To|Together|Two|Under|Unlike|Using|We|What|When|Where|Whereas|While|With|Without|Yet)(?=[\s,:])/

/** Whether a break that UAX 29 sees at `at` is none. */
export function isFalseBreak(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - TAIL), at)
  const after = text.slice(at, at + TAIL)
  // "…/?page=2", "Yahoo!Answers": a mark in the middle of a word. Scripts that write no spaces have marks of their own.
  if (/[.?!]["'”’)\]]*$/.test(before) && /^[^\s]/.test(after)) return !/^["'“‘([]?\p{Lu}\p{Ll}*[\s,]/u.test(after)
  if (/[?!…]["'”’)\]]*\s+$/.test(before) && /^\p{Ll}/u.test(after)) return true
  if (LEADING.test(before)) return true
  // "See Eq. 3. We …" numbers no item.
  if (ENUMERATOR.test(before) && !LEADING.test(before.replace(ENUMERATOR, ''))) return true
  return DOUBTFUL.test(before) && !OPENER.test(after)
}

/** A word, its full stop and the next sentence's first word with nothing between: "…of the model.We show …". */
const FORGOTTEN_SPACE = /(?<=[\p{L}\p{N})\]%$]{3}[.?!])(?=\p{Lu}\p{Ll}*[\s,])/gu
/** A token is looked at no further than this to each side. */
const TOKEN = 80

/** The places where a sentence begins though no space says so. Names such as `torch.nn.Module` and URLs have none. */
export function splitsWithoutSpace(text: string): number[] {
  return [...text.matchAll(FORGOTTEN_SPACE)].flatMap(({ index }) => {
    const head = /\S*$/.exec(text.slice(Math.max(0, index - TOKEN), index - 1))?.[0] ?? ''
    const name = /\p{Lu}$/u.test(head) && !OPENER.test(text.slice(index, index + TAIL))
    return name || /[./@_\\]/.test(head) ? [] : [index]
  })
}

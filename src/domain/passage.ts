import { cleanLatex } from './latex.ts'

interface TitledText {
  readonly title: string
  readonly abstract: string
}

/** The text that a paper's vector stands for: title and abstract without markup, joined as two sentences. */
export function passageText(paper: TitledText): string {
  const title = cleanLatex(paper.title)
  const abstract = cleanLatex(paper.abstract)
  if (title === '' || abstract === '') return title || abstract
  return /[.?!]["'”’)]?$/.test(title) ? `${title} ${abstract}` : `${title}. ${abstract}`
}

/** A question or a pasted text as the model shall read it. */
export function queryText(text: string): string {
  return cleanLatex(text)
}

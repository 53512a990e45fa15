import type { ContextFlag } from '../../domain/context.ts'
import { cleanLatex } from '../../domain/latex.ts'
import { hidesCharacters, revealedText } from '../../domain/visible.ts'

/** A gap inside one sentence, bounded so that a search stays linear. */
const GAP = '[^.!?]{0,60}?'
const pattern = (text: string, flags = 'iu'): RegExp => new RegExp(text.replaceAll('~', GAP), flags)

/** In the text as it was given, before its markup is cleaned away. */
const IN_MARKUP: readonly (readonly [ContextFlag, RegExp])[] = [
  [
    'delimiter',
    /<{3}|>{3}|```|~~~|<\/?\s*(?:papers?|documents?|context|evidence|excerpts?|notice|instructions?|data)\b|={5}|-{3}\s{0,9}(?:end|begin)\b|"\s?[}\]]\s?,\s?\{\s?"key"/i,
  ],
  [
    'role',
    /<\|?\s*\/?(?:system|assistant|user|human|im_start|im_end|start_of_turn|endoftext|\/?s>)|\[\/?(?:INST|SYS)\]|<<\/?SYS>>|(?:\n\s{0,9}(?:#{1,6}\s{0,3})?(?:System|Assistant|User|Human|Developer)|(?:^|[\n.!?>\])}])\s{0,9}(?:#{1,6}\s{0,3})?(?:SYSTEM|ASSISTANT|USER|HUMAN|DEVELOPER))(?: (?:prompt|message|PROMPT|MESSAGE))?:/,
  ],
  [
    'link',
    /!\[[^\]]{0,200}\]\s?[([]|\]\(\s?(?:https?|data|javascript):|<\/?(?:img|a|script|iframe|svg|object|form|link)[\s>/]/i,
  ],
  [
    'tool-call',
    /"(?:name|tool|function|tool_name)"\s?:\s?"[^"]{1,80}"\s?,\s?"(?:arguments|args|parameters|input)"|<\/?(?:tool_call|function_call|function_calls|invoke|tool_use|tool)\b|\btool_calls?"?\s?[:=]/i,
  ],
  [
    'hidden-latex',
    /\\(?:text)?color\s*(?:\[[^\]]{0,20}\])?\{\s*(?:white|1(?:\.0)?\s*,\s*1(?:\.0)?\s*,\s*1(?:\.0)?|1|FFFFFF)\s*\}|\\[hv]?phantom\b|\\fontsize\s*\{\s*[01](?:\.\d+)?(?:pt)?\s*\}/i,
  ],
]

/** In the words alone, whatever they were dressed in. */
const IN_WORDS: readonly (readonly [ContextFlag, RegExp])[] = [
  [
    'instruction',
    pattern(
      String.raw`\b(?:ignore|disregard|forget|override|bypass|do not follow|stop following)\b~\b(?:previous|prior|above|earlier|preceding|your|system|other|all (?:of )?the|everything)\b~\b(?:instructions?|prompts?|rules|directions|guidelines|messages?|papers|documents|before|above)\b`,
    ),
  ],
  [
    'instruction',
    pattern(
      String.raw`\b(?:new|updated|real|actual) instructions?\s?(?:are|is|follow|:)|\bfollow (?:these|my|the following) instructions\b`,
    ),
  ],
  [
    'role',
    pattern(
      String.raw`\byou are (?:now|no longer)\b|\b(?:act|behave|respond|pretend|roleplay) as (?:if you|an? (?:unrestricted|different|system|admin)|the (?:system|developer|admin))|\b(?:developer|god|jailbreak|DAN) mode\b`,
    ),
  ],
  [
    'to-model',
    pattern(
      String.raw`\b(?:dear|attention|note to|notice to|message (?:to|for)|instructions? (?:to|for)|if you are)\s?:?,? (?:the |any |all |an? )?(?:ais?|ai (?:assistants?|models?|agents?|reviewers?)|llms?|llm reviewers?|(?:large )?language models?|assistants?|chatbots?)\b`,
    ),
  ],
  [
    'to-model',
    pattern(
      String.raw`\b(?:give|write|output|return|provide)\b~\bpositive (?:review|assessment|rating)\b|\bdo not (?:mention|highlight)\b~\b(?:negatives?|weakness(?:es)?|limitations)\b`,
    ),
  ],
  [
    'exfiltration',
    pattern(
      String.raw`\b(?:reveal|print|repeat|output|leak|send|show|forward|post|upload)\b~\b(?:system prompt|your (?:instructions|prompt|rules|memory)|api[ _-]?keys?|passwords?|credentials|this conversation|the conversation|chat history)\b`,
    ),
  ],
]

/**
 * What in a text looks like an attack on a model that reads it. A sign, not a verdict: papers on such attacks carry
 * flags too, and no paper is left out for one.
 */
export function flagsOf(texts: readonly string[]): ContextFlag[] {
  const found = new Set<ContextFlag>()
  for (const text of texts) {
    if (hidesCharacters(text)) found.add('invisible')
    const revealed = revealedText(text).normalize('NFKC')
    const words = cleanLatex(revealed)
    for (const [flag, sign] of IN_MARKUP) if (sign.test(revealed)) found.add(flag)
    for (const [flag, sign] of IN_WORDS) if (sign.test(words)) found.add(flag)
  }
  return [...found].sort()
}

/**
 * Idiom that a pattern can find, and what the field's documentation says instead. `at: 'comment'`
 * looks at how comments begin.
 */
export const TICS = [
  { pattern: /\b(whoever|whomever|whom|whosoever)\b/i, instead: 'name the thing: "the caller", "a client that"' },
  {
    pattern: /(?<!\bthere )\b(?:is|are|was) no (?!longer\b|more\b|less\b)[a-z]+/i,
    instead: '"must be an X", "is not an X"',
  },
  { pattern: /\bthere (?:is|are) no such\b/i, instead: '"unknown X \'value\'"' },
  { pattern: /\bso (?:long|many|much)\b(?! as\b| that\b)/i, instead: 'a number, or "this long", "that many"' },
  { pattern: /\bbut for\b/i, instead: '"except for"' },
  { pattern: /\ball the same\b/i, instead: '"anyway", "identical"' },
  { pattern: /\b(?:mend|mends|mended|mending)\b/i, instead: '"fix", "repair"' },
  { pattern: /\bhears? (?:of|that)\b/i, instead: '"is notified", "receives"' },
  { pattern: /\bto hear of\b/i, instead: '"to be notified of"' },
  { pattern: /\banew\b/i, instead: '"again"' },
  { pattern: /\bwished?\b/i, instead: '"option", "request"' },
  { pattern: /\b(?:lest|whence|thereof|therein|wherein|thereby|whereby|ere)\b/i, instead: 'a plain word' },
  { pattern: /\bshall\b/i, instead: '"must", "is to", or the present tense' },
  { pattern: /\bas (?:it|they) (?:were|stands?)\b/i, instead: 'leave it out' },
  { pattern: /\bnobody\b.*\bmay not\b/i, instead: 'one negation' },
  { pattern: /^(?:Of|What|Who|Whose) /, at: 'comment', instead: 'begin with a verb or a noun phrase' },
];

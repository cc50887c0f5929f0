/** One element of a pattern: `*`, `?`, or one character. */
type Step =
  { readonly kind: 'any' } | { readonly kind: 'one' } | { readonly kind: 'character'; readonly bytes: string };

/**
 * A pattern of `*` (any characters), `?` (one character) and `\` (escapes the next character), over
 * byte strings of UTF-8.
 */
export class Wildcard {
  readonly #steps: readonly Step[] | undefined;

  constructor(pattern: string) {
    this.#steps = readSteps(pattern);
  }

  /** Takes at most length of text times length of pattern, so that no text makes it slow. */
  matches(text: string): boolean {
    const steps = this.#steps;
    if (steps === undefined) return false;
    let position = 0;
    let index = 0;
    /** Position of the last `*`, and the end of the text that it has matched so far. */
    let star: { index: number; position: number } | undefined;
    while (position < text.length) {
      const step = steps[index];
      const width = characterWidth(text, position);
      if (step?.kind === 'any') {
        star = { index, position };
        index++;
      } else if (step !== undefined && takes(step, text.slice(position, position + width))) {
        index++;
        position += width;
      } else if (star === undefined) {
        return false;
      } else {
        star.position += characterWidth(text, star.position);
        position = star.position;
        index = star.index + 1;
      }
    }
    return steps.slice(index).every(({ kind }) => kind === 'any');
  }
}

function takes(step: Step, character: string): boolean {
  return step.kind === 'one' || (step.kind === 'character' && step.bytes === character);
}

/** Returns undefined for a pattern that ends in an escape: it matches nothing. */
function readSteps(pattern: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (let position = 0; position < pattern.length;) {
    const isEscaped = pattern[position] === '\\';
    if (isEscaped) position++;
    if (position >= pattern.length) return undefined;
    const bytes = pattern.slice(position, position + characterWidth(pattern, position));
    position += bytes.length;
    if (bytes === '*' && !isEscaped) steps.push({ kind: 'any' });
    else steps.push(bytes === '?' && !isEscaped ? { kind: 'one' } : { kind: 'character', bytes });
  }
  return steps;
}

/** Returns the number of bytes of the character at `position`; 1 for invalid UTF-8. */
function characterWidth(text: string, position: number): number {
  const first = text.charCodeAt(position);
  const width = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  for (let offset = 1; offset < width; offset++) {
    const code = text.charCodeAt(position + offset);
    if (!(code >= 0x80 && code < 0xc0)) return 1;
  }
  return width;
}

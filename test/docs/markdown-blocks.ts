/** A fenced block of a page, with the conditions that the HTML comment above it names. */
export interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Why it is not run; undefined when it is. */
  readonly notRun: string | undefined;
  /** The things that must be there before it runs. */
  readonly given: readonly string[];
  /** The exit codes that it may end with. */
  readonly endsWith: readonly number[];
}

const FENCE = /^(?:<!-- (?<note>.+) -->\n)?```(?<language>\S*)\n(?<text>[\s\S]*?)^```$/gm;

/** The fenced blocks of a page, in order. Throws for a note that has another form. */
export function readBlocks(page: string): Block[] {
  return [...page.matchAll(FENCE)].map(({ groups = {}, index }) => {
    const { note, language = '', text = '' } = groups;
    const line = page.slice(0, index).split('\n').length;
    return { line, language, text, ...readNote(note) };
  });
}

/** `not run: REASON`, or `given: THING, THING; may end with: CODE, CODE`, each half optional. */
function readNote(note: string | undefined): Pick<Block, 'notRun' | 'given' | 'endsWith'> {
  const read = { notRun: undefined, given: new Array<string>(), endsWith: [0] };
  if (note === undefined) return read;
  const reason = /^not run: (.+)$/.exec(note)?.[1];
  if (reason !== undefined) return { ...read, notRun: reason };
  for (const part of note.split('; ')) {
    const [, kind, list = ''] = /^(given|may end with): (.+)$/.exec(part) ?? [];
    if (kind === undefined) throw new Error(`unknown note: ${note}`);
    if (kind === 'given') read.given.push(...list.split(', '));
    else read.endsWith.push(...list.split(', ').map(Number));
  }
  return read;
}

/** A fenced block of a page, and what the HTML comment above it asks of whoever runs it. */
export interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Why it is not run; undefined when it is. */
  readonly notRun: string | undefined;
  /** What has to be there before it runs. */
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

function readNote(note: string | undefined): Pick<Block, 'notRun' | 'given' | 'endsWith'> {
  const read = { notRun: undefined, given: [], endsWith: [0] };
  if (note === undefined) return read;
  const reason = /^not run: (.+)$/.exec(note)?.[1];
  if (reason !== undefined) return { ...read, notRun: reason };
  const { given, codes } =
    /^(?:given: (?<given>[^;]+))?(?:; )?(?:may end with: (?<codes>[\d, ]+))?$/.exec(note)?.groups ?? {};
  if (given === undefined && codes === undefined) throw new Error(`unknown note: ${note}`);
  return {
    ...read,
    given: given?.split(', ') ?? [],
    endsWith: codes === undefined ? [0] : [0, ...codes.split(',').map(Number)],
  };
}

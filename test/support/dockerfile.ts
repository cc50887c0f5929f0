/** An instruction of a Dockerfile, with its continuation lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A stage: its base image, and its instructions after FROM. */
export interface Stage {
  readonly image: string;
  readonly alias: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, in order. */
export function dockerStages(dockerfile: string): Stage[] {
  const lines = dockerfile
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { image: string; alias: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const [image = '', , alias] = text.split(/\s+/);
    if (name === 'FROM') stages.push({ image, alias, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: text.replace(/\s+/g, ' ').trim() });
  }
  return stages;
}

/** The texts of all instructions of one name. */
export function textsOf(stage: Stage | undefined, name: string): string[] {
  return (stage?.instructions ?? []).filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/**
 * A command in exec form, `["a", "b"]`; throws for one in shell form, which a shell would run as
 * process 1.
 */
export function execForm(text: string): string[] {
  const words: string[] = JSON.parse(text);
  return words;
}

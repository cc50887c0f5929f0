import { readFile } from 'node:fs/promises';
import { errorMessage, WsgError } from '../../../core/error.js';
import type { Gate } from '../comparison.js';
import { parseGate } from './parse-gate.js';

/** The default gates file. */
export const GATES_FILE = 'wsg.gates.yml';

/** Parses gates. Throws `usage` with the problems of all invalid ones. */
export function readGates(texts: readonly string[], origin: Gate['origin']): readonly Gate[] {
  const gates = texts.map((text) => parseGate(text, origin));
  const problems = gates.flatMap((gate) => ('problem' in gate ? [gate.problem] : []));
  if (problems.length > 0) throw new WsgError('usage', 'The gates are invalid.', { problems });
  return gates.flatMap((gate) => ('problem' in gate ? [] : [gate]));
}

/**
 * Reads a YAML file with a list `gates`. Throws `usage` when it cannot be read or is invalid.
 * Unless it `isNamed`, the file may be missing.
 */
export async function readGatesFile(path: string, isNamed: boolean): Promise<readonly Gate[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!isNamed) return [];
    throw new WsgError('usage', `${path} of --gates cannot be read: ${errorMessage(cause)}.`, { cause });
  }
  try {
    // Imported on demand: most comparisons have no gates file, and loading the libraries is a fifth
    // of their start-up time.
    const [{ parse }, { z }] = await Promise.all([import('yaml'), import('zod')]);
    const gatesFile = z.strictObject({ gates: z.array(z.string()).min(1) });
    return readGates(gatesFile.parse(parse(text)).gates, 'file');
  } catch (cause) {
    if (cause instanceof WsgError) throw cause;
    const hint = "Expected a list: gates: ['ws_ping p(99) < +10%'].";
    throw new WsgError('usage', `${path} is not a valid gates file: ${errorMessage(cause)}.`, { cause, hint });
  }
}

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { errorMessage, WsgError } from '../../../core/error.js';
import type { Gate } from '../comparison.js';
import { parseGate } from './parse-gate.js';

/** Where gates are looked for when nobody names a file. */
export const GATES_FILE = 'wsg.gates.yml';

const gatesFile = z.strictObject({ gates: z.array(z.string()).min(1) });

/** Reads gates as texts. Throws `usage` with all that are none. */
export function readGates(texts: readonly string[], origin: Gate['origin']): readonly Gate[] {
  const gates = texts.map((text) => parseGate(text, origin));
  const problems = gates.flatMap((gate) => ('problem' in gate ? [gate.problem] : []));
  if (problems.length > 0) throw new WsgError('usage', 'The gates cannot be understood.', { problems });
  return gates.flatMap((gate) => ('problem' in gate ? [] : [gate]));
}

/**
 * Reads a YAML file with a list `gates`. Throws `usage` when it cannot be read or understood; a
 * file that nobody `isNamed` may be missing.
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
    // Not at the top: most comparisons have no such file, and the library would be a tenth of their
    // start.
    const { parse } = await import('yaml');
    return readGates(gatesFile.parse(parse(text)).gates, 'file');
  } catch (cause) {
    if (cause instanceof WsgError) throw cause;
    const hint = "It holds a list: gates: ['ws_ping p(99) < +10%'].";
    throw new WsgError('usage', `${path} is not a file of gates: ${errorMessage(cause)}.`, { cause, hint });
  }
}

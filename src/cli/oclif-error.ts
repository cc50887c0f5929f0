import { WsgError } from '../core/error.js';

/** Whether oclif itself threw this: a flag or argument that it could not parse, or a command that it could not find. */
export function isOclifError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'oclif' in thrown;
}

/** oclif's error as one of ours. Its first line is the sentence, the further ones are problems; its own hint gives way to ours. */
export function usageError(error: Error, commandId: string | undefined): WsgError {
  const lines = error.message.split('\n').map((line) => line.trim());
  const [sentence = '', ...problems] = lines.filter((line) => line !== '' && line !== 'See more help with --help');
  const command = commandId === undefined ? 'wsg' : `wsg ${commandId}`;
  return new WsgError('usage', sentence, {
    problems,
    hint: `\`${command.replaceAll(':', ' ')} --help\` shows what there is.`,
    cause: error,
  });
}

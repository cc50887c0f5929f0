import { WsgError } from '../core/error.js';
import { nearestName } from '../core/nearest-name.js';

/** Whether oclif itself threw this: a flag or argument that it could not parse, or a command that it could not find. */
export function isOclifError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'oclif' in thrown;
}

/** A command that oclif did not find, as one of our errors; `commands` are what may have been meant. */
export function unknownCommand(error: Error, commands: readonly string[]): WsgError {
  const [, id] = /^command (.+) not found$/.exec(error.message) ?? [];
  if (id === undefined) return usageError(error, undefined);
  const name = id.replaceAll(':', ' ');
  const nearest = nearestName(name, commands);
  const hint = '`wsg --help` lists the commands.';
  return new WsgError('usage', `wsg has no command '${name}'.`, {
    hint: nearest === undefined ? hint : `Did you mean \`wsg ${nearest}\`? ${hint}`,
    cause: error,
  });
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

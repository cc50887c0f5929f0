import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion-script.js';

const run = promisify(execFile);
const SCRIPT = completionScript('bash', [
  { name: 'serve', flags: [{ name: 'transport', values: ['uws', 'ws'] }], choices: [] },
  { name: 'report', flags: [{ name: 'json', values: [] }], choices: [] },
  { name: 'report trend', flags: [{ name: 'gate', values: [] }], choices: [] },
  { name: 'completion', flags: [], choices: ['bash', 'zsh'] },
]);

/** Returns bash's completions after these words. */
async function offered(...words: string[]): Promise<string[]> {
  const typed = words.map((word) => `'${word}'`).join(' ');
  const asked = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _wsg; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['-c', `${SCRIPT}\n${asked}`]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('the script that bash evaluates', () => {
  it('completes commands, and those below a topic', async () => {
    expect(await offered('wsg', 're')).toEqual(['report']);
    expect(await offered('wsg', 'report', 'tr')).toEqual(['trend']);
  });

  it('completes the flags of the command that was typed, behind other flags too', async () => {
    expect(await offered('wsg', 'report', '--')).toEqual(['--json', '--help']);
    expect(await offered('wsg', 'report', 'trend', 'folder', '--g')).toEqual(['--gate']);
  });

  it('completes the listed values of a flag and of an argument', async () => {
    expect(await offered('wsg', 'serve', '--transport', '')).toEqual(['uws', 'ws']);
    expect(await offered('wsg', 'completion', 'z')).toEqual(['zsh']);
  });

  it('leaves the rest to file names', async () => {
    expect(await offered('wsg', 'report', 'base.ru')).toEqual([]);
  });
});

it('zsh gets the same, behind what lets it run scripts for bash', () => {
  expect(completionScript('zsh', [])).toContain('bashcompinit\n');
});

it('every flag and value of the commands is safe inside the quotes of the script', async () => {
  const { commands } = JSON.parse(await readFile(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'));
  expect(JSON.stringify(Object.values(commands).flatMap((command) => Object.keys(Object(command).flags)))).not.toMatch(
    /['\\]/,
  );
});

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './temporary-folder.js';
import { type Ending, runWsg } from './wsg-process.js';

/** Runs `wsg loadtest script.js` in a folder with these files. Its log goes to standard error. */
export async function runScriptFiles(
  files: Readonly<Record<string, string>>,
  ...flags: readonly string[]
): Promise<Ending> {
  const cwd = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  const [script = ''] = Object.keys(files);
  return runWsg(['loadtest', script, '-q', '--no-run', '--allow-saturated', ...flags], { cwd });
}

/** The lines that a script wrote with `console.log`, in order. */
export function consoleLines({ stderr }: Pick<Ending, 'stderr'>): string[] {
  return [...stderr.matchAll(/level=info msg=("(?:[^"\\]|\\.)*"|\S+) source=console/g)].map(([, text = '']) =>
    text.startsWith('"') ? String(JSON.parse(text)) : text,
  );
}

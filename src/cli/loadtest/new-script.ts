import { readFile, writeFile } from 'node:fs/promises';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';

/** One `wsg loadtest new` as it was typed. */
export interface NewScriptOptions {
  /** At most one. */
  readonly paths: readonly string[];
  /** A name, or a file to copy. */
  readonly template: string;
  readonly force: boolean;
}

const DEFAULT_PATH = 'script.js';
const HEAD = `const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';`;

const MINIMAL = `import { WebSocket } from 'k6/websockets';

export const options = {
  vus: 10,
  duration: '30s',
};

${HEAD}

// Each iteration is one session: connect, say hello, listen for a second, leave.
export default function () {
  const socket = new WebSocket(url);
  socket.addEventListener('open', () => {
    socket.send('hello');
    setTimeout(() => socket.close(), 1000);
  });
}
`;

const PROTOCOL = `import http from 'k6/http';
import { check } from 'k6';
import { WebSocket } from 'k6/websockets';

export const options = {
  scenarios: {
    sessions: { executor: 'ramping-vus', stages: [{ duration: '10s', target: 20 }, { duration: '20s', target: 20 }] },
  },
  thresholds: {
    checks: ['rate>0.99'],
    ws_connecting: ['p(95)<500'],
  },
};

${HEAD}

// Runs once, before the virtual users: a gateway that does not answer ends the test here.
export function setup() {
  const answer = http.get(url.replace(/^ws/, 'http').replace(/\\/connect$/, '/metrics'));
  if (answer.status === 0) throw new Error('nothing answers at ' + url);
}

export default function () {
  const socket = new WebSocket(url);
  socket.addEventListener('open', () => {
    socket.send('hello');
    setTimeout(() => socket.close(), 1000);
  });
  socket.addEventListener('message', ({ data }) => check(data, { 'a message has a text': (text) => text.length > 0 }));
  socket.addEventListener('error', ({ error }) => console.error(error));
}
`;

const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ['minimal', MINIMAL],
  ['protocol', PROTOCOL],
]);

/**
 * Writes a script, and resolves with a sentence for the user. Throws `usage` when the file exists
 * or the template does not.
 */
export async function writeNewScript({ paths, template, force }: NewScriptOptions): Promise<string> {
  const [path = DEFAULT_PATH, ...more] = paths;
  if (more.length > 0) throw new WsgError('usage', `only one file can be written (got '${more.join("', '")}' as well)`);
  const text = TEMPLATES.get(template) ?? (await readTemplate(template));
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const exists = systemErrorCode(cause) === 'EEXIST';
    const why = exists ? `${path} already exists` : `${path} cannot be written: ${errorMessage(cause)}`;
    const hint = exists ? { hint: '--force overwrites it.' } : {};
    throw new WsgError('usage', why, { ...hint, cause });
  }
  return `New script created: ${path} (${template} template).`;
}

async function readTemplate(template: string): Promise<string> {
  const hint = `There are ${[...TEMPLATES.keys()].join(', ')}, and any file by its path.`;
  if (template === 'browser')
    throw new WsgError('usage', 'wsg has no browser, so there is no template for one', { hint });
  try {
    return await readFile(template, 'utf8');
  } catch (cause) {
    throw new WsgError('usage', `the template '${template}' cannot be read: ${errorMessage(cause)}`, { hint, cause });
  }
}

// Runs the tests on other versions of Node, as npm has them; each `wsg` that a test starts runs on
// the same one.
//   npm run conformance -- nodes                                            everything, on each version that is promised
//   npm run conformance -- nodes --node 22 --node 24 --tests test/gateway   these versions, test files whose path holds this
//   npm run conformance -- nodes --node 22 -t 'absolute form'               tests whose name matches this
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { TESTED_NODE_VERSIONS } from '../../dist/gateway/doctor/judge-software.js';
import { machineLine } from '../support/machine.mjs';
import { NEWER_DEBIAN, withNewerLibc } from './newer-libc.mjs';
import { fetchNode, versionOf } from './node-binary.mjs';

const ROOT = join(import.meta.dirname, '../..');
const CLOSING_LINE = /^\d+ passed, \d+ failed.*$/gm;
/** Names of tests that neither say nor imply that they need uWebSockets.js. */
const WITHOUT_UWS = '^(?!.*(?:uws|uWebSockets)).*';

/**
 * The program to run with, and what is to be said about uWebSockets.js; its binaries for newer
 * versions of Node want a glibc of 2.38.
 */
function prepare(version, cache) {
  const node = fetchNode(version, cache);
  const reason = whyUwsFails(node);
  if (reason === undefined) return { node, uws: 'tested' };
  try {
    const newer = withNewerLibc(node, join(cache, `node-${version}`, NEWER_DEBIAN), cache);
    const stillFails = whyUwsFails(newer);
    if (stillFails !== undefined) return { node, uws: `left out: ${stillFails}`, leavesOutUws: true };
    return { node: newer, uws: `tested, with the C library of Debian ${NEWER_DEBIAN} (${reason})` };
  } catch (thrown) {
    return { node, uws: `left out: ${reason}; ${thrown.message.split('\n')[0]}`, leavesOutUws: true };
  }
}

/** The last line of what its loader says; undefined when it loads. */
function whyUwsFails(node) {
  const script = "try { require('uWebSockets.js') } catch (thrown) { console.log(thrown.message) }";
  const { status, stdout, signal } = spawnSync(node, ['-e', script], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) return `this Node ended with ${status ?? signal}`;
  const [, reason] = /^(.*?)(?: \(required by .*)?$/.exec(stdout.trim().split('\n').at(-1)) ?? [];
  return reason || undefined;
}

/** Runs the tests, shows and keeps what they print; resolves to the closing line. */
async function runTests({ node, leavesOutUws }, { files, name }, logFile) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV$)/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    WSG_DIST_IS_BUILT: '1',
    WSG_TESTED_NODE: versionOf(node),
  };
  const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...files];
  const pattern = `${leavesOutUws ? WITHOUT_UWS : ''}${name ?? ''}`;
  if (pattern !== '') args.push('--testNamePattern', pattern);
  const log = createWriteStream(logFile);
  const child = spawn(node, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let shown = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      shown = (shown + text).slice(-10_000);
      process.stderr.write(text);
      log.write(text);
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  log.end();
  const line = stripVTControlCharacters(shown).match(CLOSING_LINE)?.at(-1) ?? 'no closing line';
  return { line, isWell: code === 0 && / 0 failed/.test(line) };
}

async function main() {
  const { values } = parseArgs({
    options: {
      node: { type: 'string', multiple: true, default: [...TESTED_NODE_VERSIONS] },
      name: { type: 'string', short: 't' },
      tests: { type: 'string', multiple: true, default: [] },
      cache: { type: 'string', default: join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wsg', 'nodes') },
    },
  });
  mkdirSync(values.cache, { recursive: true });
  const lines = [];
  for (const version of values.node) {
    const prepared = prepare(version, values.cache);
    const startedAt = performance.now();
    const selection = { files: values.tests, name: values.name };
    const { line, isWell } = await runTests(prepared, selection, join(values.cache, `node-${version}.log`));
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    lines.push(`| ${versionOf(prepared.node)} | ${line} | ${seconds} s | ${prepared.uws} |`);
    if (!isWell) process.exitCode = 1;
  }
  console.log(`\nThe tests${values.tests.length > 0 ? ` of ${values.tests.join(', ')}` : ''} on ${machineLine()}\n`);
  console.log('| Node | result | took | uWebSockets.js |\n| --- | --- | --- | --- |');
  console.log(lines.join('\n'));
}

await main();

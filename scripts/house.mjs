// npm run house [-- FOLDER]: how the sources lie: files, fragments, full folders, circles of imports,
// functions by size. A report: what it lists is worth a look, not a fault, so it ends with 0.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FRAGMENT_LINES = 40;
const FULL_FOLDER = 15;
const LARGEST = 20;
const SHORT_FUNCTION = 20;
const IMPORT = /(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g;

/** The TypeScript files below a folder of the checkout, by path. */
function sources(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort();
}

/** A file's lines without blanks and comments, and the files that it imports, types included. */
function readSource(path) {
  const text = readFileSync(join(ROOT, path), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
  const imports = [...text.matchAll(IMPORT)].map(([, to]) => join(dirname(path), to).replace(/\.js$/, '.ts'));
  return { lines: lines.length, imports: new Set(imports) };
}

/** Groups of two and more files that reach one another (Tarjan's strongly connected components). */
function circlesOf(files) {
  const found = [];
  const [order, low, stack] = [new Map(), new Map(), []];
  const visit = (path) => {
    order.set(path, order.size);
    low.set(path, order.get(path));
    stack.push(path);
    for (const next of files.get(path).imports) {
      if (!files.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(path, Math.min(low.get(path), low.get(next)));
    }
    if (low.get(path) !== order.get(path)) return;
    const circle = stack.splice(stack.indexOf(path));
    if (circle.length > 1) found.push(circle);
  };
  for (const path of files.keys()) if (!order.has(path)) visit(path);
  return found;
}

/** Files below 40 lines that one file imports, each as a line. */
function fragmentsOf(files) {
  return [...files].flatMap(([path, { lines }]) => {
    if (lines >= FRAGMENT_LINES) return [];
    const importers = [...files].filter(([, { imports }]) => imports.has(path)).map(([importer]) => importer);
    return importers.length === 1 ? [`${path} (${lines} lines) <- ${importers[0]}`] : [];
  });
}

/** Folders with more than 15 entries, the fullest first, each as a line. */
function fullFolders(paths) {
  const entries = new Map();
  for (const path of paths) {
    for (let inner = path; dirname(inner) !== '.'; inner = dirname(inner)) {
      const folder = dirname(inner);
      entries.set(folder, (entries.get(folder) ?? new Set()).add(inner));
    }
  }
  const full = [...entries].filter(([, { size }]) => size > FULL_FOLDER);
  return full.sort(([, a], [, b]) => b.size - a.size).map(([folder, { size }]) => `${folder}: ${size} entries`);
}

/** The largest functions, measured by lint's rule with a bound that every function passes. */
function largestFunctions(folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'wsg-house-'));
  const configuration = join(scratch, 'oxlint.json');
  const rule = ['error', { max: SHORT_FUNCTION, skipBlankLines: false, skipComments: false }];
  writeFileSync(
    configuration,
    JSON.stringify({ categories: { correctness: 'off' }, rules: { 'max-lines-per-function': rule } }),
  );
  const args = ['--config', configuration, '--format', 'json', folder];
  const { stdout } = spawnSync('node_modules/.bin/oxlint', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 });
  rmSync(scratch, { recursive: true });
  const functions = JSON.parse(stdout).diagnostics.map(({ message, filename, labels: [{ span }] }) => {
    const [, name = 'a function'] = /`([^`]+)`/.exec(message) ?? [];
    return { lines: Number(/\((\d+)\)/.exec(message)[1]), text: `${filename}:${span.line} ${name}` };
  });
  return functions.sort((a, b) => b.lines - a.lines);
}

function print(title, lines) {
  console.log(`\n${title}: ${lines.length}`);
  for (const line of lines) console.log(`  ${line}`);
}

function main(folder) {
  const paths = sources(folder);
  const files = new Map(paths.map((path) => [path, readSource(path)]));
  const total = [...files.values()].reduce((sum, { lines }) => sum + lines, 0);
  console.log(`${paths.length} files below ${folder}, ${total} lines without blanks and comments`);
  console.log(`mean ${Math.round(total / paths.length)} lines a file`);
  print(
    'circles of files, types included',
    circlesOf(files).map((circle) => circle.join(' -> ')),
  );
  print(`folders with more than ${FULL_FOLDER} entries`, fullFolders(paths));
  print(`files under ${FRAGMENT_LINES} lines with one importer`, fragmentsOf(files));
  const functions = largestFunctions(folder);
  const shown = functions.slice(0, LARGEST).map(({ lines, text }) => `${lines} lines  ${text}`);
  console.log(`\nfunctions of more than ${SHORT_FUNCTION} lines: ${functions.length}; the ${shown.length} largest:`);
  for (const line of shown) console.log(`  ${line}`);
}

if (process.argv[1] === import.meta.filename) main(relative(ROOT, join(ROOT, process.argv[2] ?? 'src')));

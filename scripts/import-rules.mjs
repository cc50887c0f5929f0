// Makes lint's import rules from the tables in floors.mjs: one override per folder, and one for each
// file that may import a package that its folder may not.
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LAYERS, PACKAGES, ROOMS } from './floors.mjs';

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Folders of src/ that hold sources, relative to it. */
function sourceFolders(root) {
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return [...new Set(files.map((file) => relative(join(root, 'src'), file.parentPath)))].sort();
}

/** The steps from a folder up to one of its ancestors: `../` for each. */
function wayUp(folder, ancestor) {
  const up = relative(join('/', folder), join('/', ancestor));
  return up === '' ? '\\./' : `${escape(up)}/`;
}

const pattern = (way, names, message) => ({ regex: `^${way}(${names.map(escape).join('|')})/`, message });

function layerPatterns(folder) {
  const [layer] = folder.split('/');
  const allowed = LAYERS[layer];
  if (allowed === undefined) throw new Error(`src/${layer} is not among LAYERS in scripts/floors.mjs`);
  const barred = Object.keys(LAYERS).filter((name) => name !== layer && !allowed.includes(name));
  if (barred.length === 0) return [];
  const may = allowed.length === 0 ? 'no other layer' : allowed.join(', ');
  return [pattern(wayUp(folder, '.'), barred, `${layer} may import ${may}: see scripts/floors.mjs.`)];
}

/** For each ancestor with rooms, a pattern of the rooms that are not below the folder's own room. */
function roomPatterns(folder) {
  const parts = folder.split('/');
  return parts.slice(1).flatMap((room, index) => {
    const house = parts.slice(0, index + 1).join('/');
    const floors = ROOMS[house];
    const at = floors?.findIndex((floor) => floor.includes(room)) ?? -1;
    if (at < 0) throw new Error(`src/${house}/${room} is not among ROOMS in scripts/floors.mjs`);
    const barred = floors
      .slice(0, at + 1)
      .flat()
      .filter((name) => name !== room);
    if (barred.length === 0) return [];
    const message = `${room} lies on a lower floor of ${house}, or on the same: see scripts/floors.mjs.`;
    return [pattern(wayUp(folder, house), barred, message)];
  });
}

function packagePatterns(place) {
  const may = (places) => places.some((allowed) => place === allowed || place.startsWith(`${allowed}/`));
  const barred = Object.keys(PACKAGES).filter((name) => !may(PACKAGES[name]));
  const message = 'this package is imported in the places that scripts/floors.mjs names, and nowhere else.';
  return [{ regex: `^(${barred.map(escape).join('|')})(/|$)`, message }];
}

function override(glob, folder, place) {
  const patterns = [...layerPatterns(folder), ...roomPatterns(folder), ...packagePatterns(place)];
  return { files: [glob], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

/** The text of .oxlintrc.imports.json for the sources below a folder. */
export function importRules(root) {
  const folders = sourceFolders(root).map((folder) => override(`src/${folder}/*.ts`, folder, folder));
  const places = new Set(Object.values(PACKAGES).flat());
  const files = [...places].filter((place) => place.endsWith('.ts')).sort();
  const exceptions = files.map((file) => override(`src/${file}`, dirname(file), file));
  // One line per override, so that a diff shows the folder it is about.
  const lines = [...folders, ...exceptions].map((each) => `    ${JSON.stringify(each)}`);
  return `{\n  "overrides": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

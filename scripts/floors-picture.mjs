// Draws the tables of floors.mjs for docs/architecture.md: a box for each layer, above those that it
// may import; in it a row for each floor of rooms, the top floor first.
import { LAYERS, ROOMS } from './floors.mjs';

const WIDTH = 1080;
const GAP = 16;
const PAD = 12;
const CHIP = { height: 24, gap: 6, character: 7.3, small: 6 };
const ROW_GAP = 8;
const HEAD = 56;
const LINE_HEIGHT = 12;
const COLOURS = { card: '#ffffff', edge: '#8c959f', text: '#1f2328', dim: '#59636e', box: '#f6f8fa', chip: '#ddf4ff' };

/** Layers by how many layers lie above: each is below everything that may import it. */
function storeys() {
  const names = Object.keys(LAYERS);
  const depthOf = (name) =>
    Math.max(0, ...names.filter((above) => LAYERS[above].includes(name)).map((above) => 1 + depthOf(above)));
  const rows = [];
  for (const name of names) (rows[depthOf(name)] ??= []).push(name);
  return rows;
}

/** The rooms inside a room, from the top floor down: `letters / log`. */
function innerRooms(room) {
  return (ROOMS[room] ?? []).map((floor) => floor.join(', ')).join(' / ');
}

/** A room as a chip: its name, the rooms inside it, and the width that both take. */
function chipOf(layer, name) {
  const inner = innerRooms(`${layer}/${name}`);
  const own = name.length * CHIP.character;
  return { name, inner, own, width: own + inner.length * CHIP.small + (inner === '' ? 16 : 24) };
}

/** Chips of one floor in rows that fit into a width. */
function wrapChips(chips, width) {
  const rows = [[]];
  let used = 0;
  for (const chip of chips) {
    if (used > 0 && used + chip.width > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1).push({ ...chip, left: used });
    used += chip.width + CHIP.gap;
  }
  return rows;
}

/** Words in lines of at most that many characters. */
function wrapWords(words, characters) {
  const lines = [''];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length <= characters) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

/** A layer's floors as rows of chips, each with its top inside the box, and the box's height. */
function layOut(layer, width) {
  let top = HEAD;
  const rows = [];
  for (const floor of ROOMS[layer] ?? []) {
    const chips = floor.map((name) => chipOf(layer, name));
    for (const row of wrapChips(chips, width - 2 * PAD)) {
      rows.push({ row, top });
      top += CHIP.height + 2;
    }
    top += ROW_GAP;
  }
  return { rows, height: rows.length === 0 ? HEAD + 4 : top + 4 };
}

const text = (x, y, content, attributes) =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`;

function drawChip({ name, inner, own, width, left }, x, y) {
  const at = x + left;
  const box = `<rect x="${at.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${CHIP.height}" rx="4" fill="${COLOURS.chip}"/>`;
  const label = text(at + 8, y + 16, name, `font-size="12" fill="${COLOURS.text}"`);
  if (inner === '') return box + label;
  return box + label + text(at + own + 16, y + 16, inner, `font-size="10" fill="${COLOURS.dim}"`);
}

function drawLayer(layer, { rows }, { x, y, width, height }) {
  const below = LAYERS[layer].length === 0 ? 'imports no other layer' : `imports ${LAYERS[layer].join(', ')}`;
  const lines = wrapWords(below.split(' '), Math.floor((width - 2 * PAD) / CHIP.small));
  return [
    `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" rx="6" fill="${COLOURS.box}" stroke="${COLOURS.edge}"/>`,
    text(x + PAD, y + 18, layer, `font-size="14" font-weight="bold" fill="${COLOURS.text}"`),
    ...lines.map((line, index) =>
      text(x + PAD, y + 34 + index * LINE_HEIGHT, line, `font-size="10" fill="${COLOURS.dim}"`),
    ),
    ...rows.flatMap(({ row, top }) => row.map((chip) => drawChip(chip, x + PAD, y + top))),
  ].join('\n');
}

/** The text of docs/pictures/floors.svg. */
export function floorsPicture() {
  const parts = [];
  let y = GAP;
  for (const layers of storeys()) {
    const width = (WIDTH - GAP * (layers.length + 1)) / layers.length;
    const plans = layers.map((layer) => layOut(layer, width));
    const height = Math.max(...plans.map((plan) => plan.height));
    layers.forEach((layer, index) => {
      parts.push(drawLayer(layer, plans[index], { x: GAP + index * (width + GAP), y, width, height }));
    });
    y += height + GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">
<title>Layers and rooms of src/, from the top floor down; imports go down</title>
<rect width="${WIDTH}" height="${y}" rx="8" fill="${COLOURS.card}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace">
${parts.join('\n')}
</g>
</svg>
`;
}

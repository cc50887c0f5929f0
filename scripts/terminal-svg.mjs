// Draws what a terminal shows as an SVG: a dark card that is readable on light and dark pages.
// Each word has a place and a width of its own, so that columns hold in any font.

const ESCAPE = '\u001b[';
const SEQUENCE = new RegExp(`(${ESCAPE.replace('[', '\\[')}[\\d;]*m)`);
const CELL = { width: 8.4, height: 18, size: 14 };
const MARGIN = { x: 20, top: 44, bottom: 20 };
const COLOURS = {
  ground: '#0d1117',
  edge: '#30363d',
  text: '#e6edf3',
  dim: '#8b949e',
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
};

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The style after one more SGR code. */
function applyCode(style, code) {
  if (code === 0) return {};
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isDim: true };
  if (code === 7 || code === 27) return { ...style, isInverse: code === 7 };
  if (code === 22) return { ...style, isBold: false, isDim: false };
  if (code === 39) return { ...style, colour: undefined };
  return COLOURS[code] === undefined ? style : { ...style, colour: COLOURS[code] };
}

/** The words of a line with SGR sequences: text, column and style; blanks are words when inverse. */
function wordsOf(line) {
  const words = [];
  let [style, column] = [{}, 0];
  for (const part of line.split(SEQUENCE)) {
    if (part.startsWith(ESCAPE)) {
      style = part.slice(ESCAPE.length, -1).split(';').map(Number).reduce(applyCode, style);
      continue;
    }
    for (const text of part.match(style.isInverse ? /.+/g : /\S+|\s+/g) ?? []) {
      words.push({ text, column, style });
      column += [...text].length;
    }
  }
  return words;
}

function drawWord({ text, column, style }, y) {
  const length = [...text].length;
  const x = MARGIN.x + column * CELL.width;
  const colour = style.colour ?? (style.isDim ? COLOURS.dim : COLOURS.text);
  const [fill, ground] = style.isInverse ? [COLOURS.ground, colour] : [colour, undefined];
  const width = (length * CELL.width).toFixed(1);
  const box = `<rect x="${x.toFixed(1)}" y="${y - CELL.size}" width="${width}" height="${CELL.height}" fill="${ground}"/>`;
  if (text.trim() === '') return ground === undefined ? '' : box;
  const weight = style.isBold ? ' font-weight="bold"' : '';
  const shown = `<text x="${x.toFixed(1)}" y="${y}" textLength="${width}" fill="${fill}"${weight}>${escapeXml(text)}</text>`;
  return ground === undefined ? shown : box + shown;
}

/** An SVG of lines with SGR sequences; `title` is read out in its place. */
export function drawTerminal(lines, title) {
  const words = lines.map(wordsOf);
  const columns = Math.max(...words.flat().map(({ text, column }) => column + [...text].length));
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN.x);
  const height = MARGIN.top + lines.length * CELL.height + MARGIN.bottom;
  const rows = words.map((row, index) =>
    row.map((word) => drawWord(word, MARGIN.top + index * CELL.height + CELL.size)).join(''),
  );
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, index) => `<circle cx="${MARGIN.x + 6 + index * 20}" cy="20" r="6" fill="${fill}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeXml(title)}</title>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${COLOURS.ground}" stroke="${COLOURS.edge}"/>
${dots.join('')}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${CELL.size}">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`;
}

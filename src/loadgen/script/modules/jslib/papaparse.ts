import { asText, isObject } from '../../runtime/values.js';

/** The library `papaparse` of jslib.k6.io: wsg's own `parse` and `unparse` for CSV (RFC 4180). */
export function createPapaParse(): object {
  const papa = { parse, unparse };
  return { ...papa, default: papa };
}

interface ParseOptions {
  readonly delimiter: string;
  readonly header: boolean;
  readonly dynamicTyping: boolean;
  readonly skipEmptyLines: boolean;
}

function parse(input: unknown, config?: unknown): object {
  const text = String(input).replace(/^\uFEFF/, '');
  const given = isObject(config) ? config : {};
  const parsing: ParseOptions = {
    delimiter:
      typeof given['delimiter'] === 'string' && given['delimiter'] !== '' ? given['delimiter'] : guessDelimiter(text),
    header: given['header'] === true,
    dynamicTyping: given['dynamicTyping'] === true,
    skipEmptyLines: given['skipEmptyLines'] === true || given['skipEmptyLines'] === 'greedy',
  };
  const all = rowsOf(text, parsing.delimiter);
  const rows = parsing.skipEmptyLines ? all.filter((row) => row.length > 1 || row[0] !== '') : all;
  const meta = {
    delimiter: parsing.delimiter,
    linebreak: text.includes('\r\n') ? '\r\n' : '\n',
    aborted: false,
    truncated: false,
  };
  const typed = (field: string): unknown => (parsing.dynamicTyping ? typedValue(field) : field);
  if (!parsing.header) return { data: rows.map((row) => row.map(typed)), errors: [], meta };
  const [fields = [], ...records] = rows;
  const data = records.map((row) =>
    Object.fromEntries(row.map((field, index) => [fields[index] ?? `__parsed_extra_${index}`, typed(field)])),
  );
  return { data, errors: [], meta: { ...meta, fields } };
}

function guessDelimiter(text: string): string {
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  const count = (delimiter: string): number => line.split(delimiter).length;
  return [',', '\t', '|', ';'].reduce((best, next) => (count(next) > count(best) ? next : best));
}

/**
 * Splits the text in one pass. Quoted fields may contain delimiters, line breaks and doubled
 * quotes.
 */
function rowsOf(text: string, delimiter: string): string[][] {
  const token = new RegExp(
    `(${escaped(delimiter)}|\\r?\\n|^)(?:"((?:[^"]|"")*)"|([^"${escaped(delimiter)}\\r\\n]*))`,
    'gy',
  );
  const rows: string[][] = [];
  for (const match of text.matchAll(token)) {
    const [whole, separator = '', quoted, plain = ''] = match;
    if (whole === '' && match.index > 0) break;
    if (separator !== delimiter) rows.push([]);
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  return rows;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function typedValue(field: string): unknown {
  if (field === 'true' || field === 'TRUE') return true;
  if (field === 'false' || field === 'FALSE') return false;
  if (field === '') return null;
  return /^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(field) ? Number(field) : field;
}

function unparse(input: unknown): string {
  const records: unknown[] = Array.isArray(input) ? input : [];
  const [first] = records;
  const fields = isObject(first) && !Array.isArray(first) ? Object.keys(first) : undefined;
  const lines = records.map((record) => {
    if (!isObject(record)) return [];
    return fields === undefined ? Object.values(record) : fields.map((field) => record[field]);
  });
  return [...(fields === undefined ? [] : [fields]), ...lines]
    .map((line) => line.map(quotedField).join(','))
    .join('\r\n');
}

function quotedField(value: unknown): string {
  const text = value === undefined || value === null ? '' : asText(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

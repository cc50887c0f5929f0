import { stripVTControlCharacters } from 'node:util';

/**
 * The columns that a text takes on a terminal; wsg's texts have no wide or combining characters.
 */
export function textWidth(text: string): number {
  return Array.from(text).length;
}

/** Pads a text with spaces on the right up to a width. */
export function padRight(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** Pads a text with spaces on the left up to a width. */
export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

/** Breaks a sentence into lines of at most `width` columns; a longer word is not broken. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

/** Texts of which each character takes one column. */
const NARROW = /^[ -~\u00a0-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u22ff\u2500-\u25fc\u2713-\u2718]*$/;
/** Characters of two columns: East Asian wide and fullwidth ones, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3040-\u3247\u3250-\u4dbf\u4e00-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{1b000}\u{1b001}\u{1f200}-\u{1f251}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
/** Characters of no column: control and combining ones. */
const NO_WIDTH = /[\p{Cc}\p{M}\u200b-\u200d]/u;

/**
 * The columns that a text takes on a terminal, whatever its characters are: metrics and labels are
 * named by users. Colours take none.
 */
export function visibleWidth(text: string): number {
  const shown = stripVTControlCharacters(text);
  // The segmenter takes milliseconds to load.
  if (NARROW.test(shown)) return shown.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(shown)) {
    width += WIDE.test(segment) ? 2 : Number(!NO_WIDTH.test(segment) || segment.length > 1);
  }
  return width;
}

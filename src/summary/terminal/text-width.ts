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

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One character a value, as high as its share of `most`; a value of 0, and one that is missing, is a blank. */
export function sparkline(values: readonly (number | undefined)[], most: number): string {
  return values.map((value) => bar(value ?? 0, most)).join('');
}

function bar(value: number, most: number): string {
  if (value <= 0 || most <= 0) return ' ';
  const height = Math.ceil((Math.min(value, most) / most) * BARS.length);
  return BARS[height - 1] ?? ' ';
}

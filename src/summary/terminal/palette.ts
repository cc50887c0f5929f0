import { Chalk } from 'chalk';

/** Colours by meaning. Without colours, each returns its text unchanged. */
export interface Palette {
  readonly value: (text: string) => string;
  readonly extra: (text: string) => string;
  readonly pass: (text: string) => string;
  readonly fail: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly alarm: (text: string) => string;
  readonly warn: (text: string) => string;
}

/**
 * Creates a palette of k6's colours, or without colours. Does not read the terminal or the
 * environment: the caller decides.
 */
export function createPalette(colour: boolean): Palette {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  // Chalk joins all its arguments, so as a callback of `map` it would print indices.
  const paint =
    (style: (text: string) => string) =>
    (text: string): string =>
      style(text);
  return {
    value: paint(chalk.cyan),
    extra: paint(chalk.cyan.dim),
    pass: paint(chalk.green),
    fail: paint(chalk.red),
    faint: paint(chalk.dim),
    strong: paint(chalk.bold),
    alarm: paint(chalk.bold.white.bgRed),
    warn: paint(chalk.yellow),
  };
}

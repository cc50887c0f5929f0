import { Chalk } from 'chalk';

/** Colours by meaning. Each leaves its text as it is when no colours are wanted. */
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
 * k6's colours, or none. Never looks at the terminal or the environment: whoever prints decides.
 */
export function createPalette(colour: boolean): Palette {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  // Chalk joins all its arguments: as the callback of a `map` it would print indexes.
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

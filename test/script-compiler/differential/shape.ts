/** One shape of script, and what calls it. */
export interface Shape {
  readonly name: string;
  readonly script: string;
  /** Further files by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** File name of the script, `script.js` by default. */
  readonly entry?: string;
  /** Exported functions to call in turn, `default` by default. */
  readonly calls?: readonly string[];
}

/** A shape that is not compiled, and the problem that is reported. */
export interface RefusedShape extends Shape {
  readonly refused: RegExp;
}

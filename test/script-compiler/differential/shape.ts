/** One kind of script, and the exports that are called. */
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

/** A script that must be refused, and the expected problem. */
export interface RefusedShape extends Shape {
  readonly refused: RegExp;
}

const EXAMPLES = 5;

/** Broken rules of a run, each with examples. */
export class Violations {
  #found = new Map();

  add(rule, example) {
    const examples = this.#found.get(rule) ?? [];
    examples.push(example);
    this.#found.set(rule, examples);
  }

  /** One line for each rule that was broken. */
  list() {
    return [...this.#found].map(([rule, examples]) => {
      const shown = examples.slice(0, EXAMPLES).join('; ');
      return `${rule}: ${examples.length} (${shown}${examples.length > EXAMPLES ? '; ...' : ''})`;
    });
  }
}

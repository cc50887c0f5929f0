/** How compiled code names its runtime: `Guard`, `Waiting`, `ScriptScope`, the script's global object, and `Fiber`. */
export interface RuntimeNames {
  readonly guard: string;
  readonly waiting: string;
  readonly scope: string;
  readonly global: string;
  /** `module.exports` of a CommonJS script. */
  readonly entry: string;
  readonly fiber: string;
}

/** Names that the script does not use itself. */
export function chooseNames(code: string): RuntimeNames {
  let prefix = '__wsg';
  while (code.includes(prefix)) prefix += '_';
  return {
    guard: prefix,
    waiting: `${prefix}Run`,
    scope: `${prefix}Scope`,
    global: `${prefix}Global`,
    entry: `${prefix}Entry`,
    fiber: `${prefix}Fiber`,
  };
}

/** How compiled code names its runtime: `Guard`, `Waiting`, `ScriptScope`, and `Fiber`. */
export interface RuntimeNames {
  readonly guard: string;
  readonly waiting: string;
  readonly scope: string;
  readonly fiber: string;
}

/** Names that the script does not use itself. */
export function chooseNames(code: string): RuntimeNames {
  let prefix = '__wsg';
  while (code.includes(prefix)) prefix += '_';
  return { guard: prefix, waiting: `${prefix}Run`, scope: `${prefix}Scope`, fiber: `${prefix}Fiber` };
}

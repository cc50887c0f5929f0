/** A script ready to run: plain data, handed to each thread by structured clone. */
export interface CompiledScript {
  /** The entry as the user named it; `-` for standard input. */
  readonly path: string;
  /**
   * Text of one expression, a function of the runtime and of `globals`; `loadScript` compiles it
   * once a thread.
   */
  readonly code: string;
  /**
   * The globals that the code uses and that an environment has to give, in the order of the
   * function's parameters.
   */
  readonly globals: readonly string[];
  /** Source map (JSON) from `code` to the user's files. */
  readonly sourceMap: string;
  /** External modules that the code asks for by name: k6's and built-in jslib addresses. */
  readonly modules: readonly string[];
  /** Remote addresses that were fetched into the bundle. */
  readonly remote: readonly string[];
  /** Absolute paths of the user's files in the bundle; the code names them by index. */
  readonly files: readonly string[];
}

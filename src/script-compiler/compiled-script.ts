/** A compiled script: plain data that each thread receives by structured clone. */
export interface CompiledScript {
  /** The entry as the user named it; `-` for standard input. */
  readonly path: string;
  /**
   * Source text of one function expression, whose parameters are the runtime and `globals`.
   * `loadScript` compiles it once per thread.
   */
  readonly code: string;
  /**
   * The globals that the code uses and the instance must provide, in the order of the parameters.
   */
  readonly globals: readonly string[];
  /** Source map (JSON) from `code` to the user's files. */
  readonly sourceMap: string;
  /** External modules that the code imports: k6's and built-in jslib addresses. */
  readonly modules: readonly string[];
  /** Remote addresses that were bundled. */
  readonly remote: readonly string[];
  /** Absolute paths of the user's files in the bundle. The code refers to them by index. */
  readonly files: readonly string[];
}

import * as Flags from '@oclif/core/flags';

/** What `wsg loadtest` was told with flags of k6 that have no part in a built-in scenario. */
export interface K6Flags {
  readonly env: readonly string[] | undefined;
  readonly 'include-system-env-vars': boolean;
  readonly 'no-usage-report': boolean;
  readonly address: string | undefined;
  readonly 'log-output': string | undefined;
  readonly stage: readonly string[] | undefined;
  readonly out: readonly string[] | undefined;
}

/** k6's everyday flags that `wsg loadtest` lets pass or refuses by name; `--help` is silent about them. */
export const k6Flags = {
  env: Flags.string({ char: 'e', hidden: true, multiple: true, multipleNonGreedy: true }),
  'include-system-env-vars': Flags.boolean({ hidden: true }),
  'no-usage-report': Flags.boolean({ hidden: true }),
  address: Flags.string({ char: 'a', hidden: true }),
  'log-output': Flags.string({ hidden: true }),
  stage: Flags.string({ char: 's', hidden: true, multiple: true, multipleNonGreedy: true }),
  out: Flags.string({ char: 'o', hidden: true, multiple: true, multipleNonGreedy: true }),
};

import { expect, it } from 'vitest';
import { rewriteArguments } from '../../src/cli/argv.js';
import Loadtest from '../../src/commands/loadtest.js';
import { OPTION_CATALOGUE, OPTIONS } from '../../src/loadgen/options/index.js';
import { BUILT_INS } from '../../src/loadgen/scenario/index.js';

/** The flags of `k6 run --help` in 1.3.0, with their letters. */
const OF_K6 = `u:vus d:duration i:iterations s:stage execution-segment execution-segment-sequence p:paused no-setup no-teardown
  max-redirects batch batch-per-host rps user-agent http-debug insecure-skip-tls-verify no-connection-reuse no-vu-connection-reuse
  min-iteration-duration w:throw blacklist-ip block-hostnames summary-trend-stats summary-time-unit system-tags tag console-output
  discard-response-bodies local-ips dns include-system-env-vars compatibility-mode t:type e:env no-thresholds summary-mode
  summary-export traces-output o:out l:linger no-usage-report a:address c:config log-format log-output no-color profiling-enabled
  q:quiet secret-source v:verbose no-summary`;

it('has every flag of `k6 run`, with its letter', () => {
  const flags: Readonly<Record<string, { readonly char?: string }>> = Loadtest.flags;
  for (const text of OF_K6.split(/\s+/)) {
    const [name = '', letter] = text.split(':').toReversed();
    expect(Object.keys(flags), text).toContain(name);
    expect(flags[name]?.char, text).toBe(letter);
  }
});

it('has every flag that the catalogue of options names, with its letter', () => {
  const flags = new Map(
    Object.entries(Loadtest.flags).map(([name, flag]) => [name, 'char' in flag ? flag.char : undefined]),
  );
  for (const { flag, aliases = [] } of OPTION_CATALOGUE.all) {
    for (const { name, char } of flag === undefined ? aliases : [flag, ...aliases]) {
      expect(flags.has(name), name).toBe(true);
      expect(flags.get(name), name).toBe(char);
    }
  }
});

it('names every built-in scenario in the help of --scenario', () => {
  for (const name of BUILT_INS.names) expect(OPTIONS.scenario.help).toContain(name);
});

it('takes true and false for every switch of k6', () => {
  const names = OPTION_CATALOGUE.all.flatMap(({ flag, isOwn }) =>
    flag?.kind === 'switch' && isOwn !== true ? [flag.name] : [],
  );
  expect(names).toContain('throw');
  for (const name of names) expect(rewriteArguments([`--${name}=true`])).toEqual([`--${name}`]);
});

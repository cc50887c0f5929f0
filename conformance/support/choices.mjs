/** The transports that a `--transport` flag names. */
export function transportsOf(flag) {
  if (flag === 'both') return ['uws', 'ws'];
  if (flag === 'uws' || flag === 'ws') return [flag];
  throw new Error(`--transport is uws, ws or both, not ${JSON.stringify(flag)}`);
}

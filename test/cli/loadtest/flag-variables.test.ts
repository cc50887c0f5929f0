import { describe, expect, it } from 'vitest';
import { passesSystemEnv, withVariables } from '../../../src/cli/loadtest/flag-variables.js';

const NO_FLAGS = { 'summary-export': undefined, 'no-summary': false, 'no-color': false, dashboard: undefined };
const ENV_FLAGS = { 'include-system-env-vars': false, 'switch-off': undefined };

describe('flags that variables set', () => {
  it('come from WSG_ before K6_ variables, and yield to what was typed', () => {
    const env = {
      K6_SUMMARY_EXPORT: 'k6.json',
      WSG_SUMMARY_EXPORT: 'wsg.json',
      K6_NO_SUMMARY: '1',
      K6_NO_COLOR: 'TRUE',
    };
    expect(withVariables(NO_FLAGS, env)).toEqual({
      'summary-export': 'wsg.json',
      'no-summary': true,
      'no-color': true,
      dashboard: undefined,
    });
    expect(withVariables({ ...NO_FLAGS, 'summary-export': 'typed.json' }, env)).toMatchObject({
      'summary-export': 'typed.json',
    });
  });

  it('serve the dashboard where the variables of k6 say', () => {
    const dashboard = (env: NodeJS.ProcessEnv): string | undefined => withVariables(NO_FLAGS, env).dashboard;
    expect(dashboard({ K6_WEB_DASHBOARD: 'true' })).toBe('127.0.0.1:5665');
    expect(dashboard({ K6_WEB_DASHBOARD: 'true', K6_WEB_DASHBOARD_HOST: '::1', K6_WEB_DASHBOARD_PORT: '0' })).toBe(
      '[::1]:0',
    );
    expect(dashboard({ K6_WEB_DASHBOARD: 'false', K6_WEB_DASHBOARD_PORT: '80' })).toBeUndefined();
  });

  it('are refused when they are neither true nor false', () => {
    expect(() => withVariables(NO_FLAGS, { K6_NO_SUMMARY: 'perhaps' })).toThrow(
      expect.objectContaining({ problems: ["K6_NO_SUMMARY: 'perhaps' is neither true nor false"] }),
    );
  });
});

it('scripts see the environment of the process unless a flag or a variable says no', () => {
  expect(passesSystemEnv(ENV_FLAGS, {})).toBe(true);
  expect(passesSystemEnv(ENV_FLAGS, { K6_INCLUDE_SYSTEM_ENV_VARS: 'false' })).toBe(false);
  expect(passesSystemEnv({ ...ENV_FLAGS, 'switch-off': ['include-system-env-vars'] }, {})).toBe(false);
  const typed = { ...ENV_FLAGS, 'include-system-env-vars': true };
  expect(passesSystemEnv(typed, { K6_INCLUDE_SYSTEM_ENV_VARS: 'false' })).toBe(true);
});

import type { Reporter, TestModule, Vitest } from 'vitest/node';

/**
 * Ends a run with one plain line that any CI can read: `N passed, N failed`. A file that cannot be
 * loaded and a test that skips itself count as failed. Tests that a name pattern (`-t`) leaves out
 * are counted separately.
 */
export default class ClosingLineReporter implements Reporter {
  #leavesOut = false;

  onInit(vitest: Vitest): void {
    this.#leavesOut = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, leftOut: 0 };
    for (const module of modules) {
      count.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') count.passed += 1;
        else if (state === 'skipped' && this.#leavesOut) count.leftOut += 1;
        else count.failed += 1;
      }
    }
    const leftOut = this.#leavesOut ? `, ${count.leftOut} left out` : '';
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${leftOut}\n`);
  }
}

import { expect, it } from 'vitest';
import type { Authenticator } from '../../../src/gateway/auth/authenticator.js';
import { openAdmission } from '../../support/open-admission.js';

/** Reads its secret again unless it is told that it cannot. */
class Reloading implements Authenticator {
  reloads = 0;

  readonly #problem: Error | undefined;

  constructor(problem?: Error) {
    this.#problem = problem;
  }

  async start(): Promise<void> {}

  async reload(): Promise<void> {
    if (this.#problem !== undefined) throw this.#problem;
    this.reloads++;
  }

  decide(): never {
    throw new Error('nobody connects');
  }
}

it('reloads the secrets of other endpoints when one cannot be read', async () => {
  const problem = new Error('The file is gone.');
  const second = new Reloading();
  const authenticators = new Map([
    ['/first', new Reloading(problem)],
    ['/second', second],
  ]);
  await expect(openAdmission([], { authenticators }).reload()).rejects.toBe(problem);
  expect(second.reloads).toBe(1);
});

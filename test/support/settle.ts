const DEADLINE_MS = 30_000;

/**
 * Runs the event loop until `isReached` holds; rejects when that takes too long, so that a failing
 * test ends.
 */
export async function settle(isReached: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isReached()) {
    if (performance.now() > deadline) throw new Error('what the test waits for has not come');
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

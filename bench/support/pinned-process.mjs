import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts a script with an IPC channel, on one core where the system can pin, and resolves to its
 * first message.
 */
export async function startPinned(script, args, { core, execArgv = [] } = {}) {
  const command = [process.execPath, ...execArgv, script, ...args.map(String)];
  const isPinned = process.platform === 'linux' && core !== undefined;
  const [file, ...rest] = isPinned ? ['taskset', '-c', String(core), ...command] : command;
  const child = spawn(file, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ${args.join(' ')} ended with ${code} before it was asked to`);
  });
  failed.catch(() => undefined);
  const next = () => Promise.race([once(child, 'message').then(([message]) => message), failed]);
  const first = await next();
  return {
    first,
    /** Sends a question and resolves to the answer. */
    ask(question) {
      const answer = next();
      child.send(question);
      return answer;
    },
    /** Freezes the process; `thaw` lets it go on. */
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The middle one of the values. */
export function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

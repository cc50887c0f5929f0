import { cpus, release, totalmem } from 'node:os';

/** One line that says when and on what a result was made. */
export function machineLine() {
  const cpu = cpus()[0]?.model ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${new Date().toISOString()}, ${cpu}, ${cpus().length} cores, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

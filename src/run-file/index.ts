export { RunFileWriter } from './run-file-writer.js';
export { readRun } from './read-run.js';

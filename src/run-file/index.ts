export { RunFileWriter } from './run-file-writer.js';
export { readRun, type ReadRunOptions } from './read-run.js';

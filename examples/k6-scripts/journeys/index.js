export { buyer } from './buyer.js';
export { default as watcher } from './watcher.js';

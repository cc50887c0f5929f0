// The floors of the house: the layers and rooms that each may import, and the places that may import
// a package. `npm run generate` makes lint's rules (.oxlintrc.imports.json) and the picture in
// docs/architecture.md of these tables.

/** Layers, from the top: the folders of src/, and what each may import besides itself. */
export const LAYERS = {
  commands: ['cli', 'core'],
  cli: ['gateway', 'loadgen', 'report', 'summary', 'run-file', 'core'],
  gateway: ['json-path', 'core'],
  loadgen: ['summary', 'run-file', 'script-compiler', 'json-path', 'core'],
  report: ['summary', 'run-file', 'core'],
  summary: ['run-file', 'core'],
  'run-file': ['core'],
  'script-compiler': ['core'],
  'json-path': ['core'],
  core: [],
};

/**
 * Rooms, from the top floor down: a room may import every room on a lower floor, and none on its own
 * floor. The files beside the rooms put them together or are shared by them: they may import rooms
 * and be imported, as long as no circle of files results.
 */
export const ROOMS = {
  commands: [['loadtest', 'outbox', 'report']],
  cli: [['loadtest'], ['gateway', 'outbox', 'report']],
  gateway: [
    ['ingress'],
    ['admission', 'internal-api'],
    ['metrics', 'check'],
    ['cluster', 'workers'],
    ['mirror'],
    ['outbox', 'config-file'],
    ['auth', 'log', 'calls'],
    ['plugin', 'config'],
    ['bus', 'sinks'],
    ['template'],
    ['delivery', 'event', 'doctor'],
    ['connection', 'access'],
    ['transport', 'redis', 'tag-index'],
  ],
  'gateway/cluster': [['engines']],
  'gateway/outbox': [['lanes'], ['backlog', 'letters'], ['log']],
  'gateway/sinks': [['amqp', 'memory', 'nats', 'redis', 'webhook']],
  'gateway/transport': [['uws', 'ws'], ['http']],
  loadgen: [
    ['run', 'calibrate'],
    ['thread'],
    ['script', 'output', 'preflight'],
    ['plan'],
    ['scenario'],
    ['health'],
    ['executor', 'client'],
    ['options', 'metric', 'pacing', 'echo', 'gateway-watch'],
  ],
  'loadgen/script': [['modules'], ['runtime']],
  'loadgen/script/modules': [['sockets', 'jslib'], ['http'], ['html']],
  report: [['html'], ['render'], ['baseline', 'trend', 'calibrate'], ['compare', 'export', 'merge']],
  'report/compare': [['baselines'], ['gates'], ['evidence'], ['seconds']],
  'script-compiler': [['points-to', 'rewrite']],
  core: [['histogram']],
  summary: [['exporters', 'page'], ['live', 'k6'], ['sections'], ['terminal']],
};

/** Packages, and the only files or folders of src/ that import them. */
export const PACKAGES = {
  '@jridgewell/trace-mapping': ['script-compiler'],
  '@nats-io/jetstream': ['gateway/sinks/nats/nats.ts', 'gateway/cluster'],
  '@nats-io/transport-node': ['gateway/sinks/nats', 'gateway/cluster'],
  '@oclif/core': ['cli', 'commands'],
  '@redis/client': [],
  acorn: ['script-compiler'],
  amqplib: ['gateway/sinks/amqp/amqp-driver.ts'],
  chalk: ['summary/terminal/palette.ts'],
  'cli-table3': ['summary/terminal/table.ts'],
  'css-select': ['loadgen/script/modules/html/html-nodes.ts'],
  domhandler: ['loadgen/script/modules/html'],
  esbuild: ['script-compiler'],
  'eslint-scope': ['script-compiler'],
  'hdr-histogram-js': ['core/histogram/hdr-export.ts'],
  jose: ['gateway/auth/jwt-verifier.ts'],
  'magic-string': ['script-compiler'],
  parse5: ['loadgen/script/modules/html/html-nodes.ts'],
  'parse5-htmlparser2-tree-adapter': ['loadgen/script/modules/html/html-nodes.ts'],
  pino: ['cli/gateway/pino-logger.ts'],
  'prom-client': ['gateway/metrics/metric-registry.ts'],
  tinyglobby: ['cli/report/run-paths.ts'],
  'uWebSockets.js': ['gateway/transport/uws'],
  ws: ['gateway/transport/ws/server-websocket.ts', 'loadgen/client', 'loadgen/echo'],
  yaml: ['gateway/config-file/yaml-reader.ts', 'report/compare/gates/read-gates.ts'],
  zod: ['cli', 'gateway', 'loadgen', 'report', 'run-file'],
};

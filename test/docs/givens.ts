import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ECHO = 'wsg loadtest --scenario echo --spawn-echo --vus 2 --rate 50 --duration 2s --no-summary --quiet';

const LETTER = JSON.stringify({
  time: '2026-01-01T00:00:00.000Z',
  id: '00af-1764489600000-17',
  connection: 'c',
  action: 'message',
  type: 'text',
  tags: '',
  reason: 'Too large.',
  message: 'aGVsbG8=',
});

/** The things that pages take for granted, each as the shell commands that make it. */
const GIVENS: Readonly<Record<string, string>> = {
  'a server on port 8080': `
    TARGET=ws://127.0.0.1:8080/ DELAY_MS=2 node ${ROOT}examples/ci/test-server.mjs > server.log 2>&1 &
    until grep -q listening server.log; do sleep 0.05; done`,
  'a gateway on port 5000': `
    printf 'listen_addr: 127.0.0.1:5000\\nendpoints: [{path: /connect}]\\nprometheus: {enabled: true}\\n' > given.yml
    wsg serve --config given.yml > gateway.log 2>&1 &
    until curl -sf -o /dev/null 127.0.0.1:5000/readyz; do sleep 0.05; done`,
  Redis: `
    redis-server --port 6379 --save '' > redis.log &
    until redis-cli ping > pong.log 2>&1; do sleep 0.05; done`,
  'base.run and new.run': `
    test -e base.run || ${ECHO} --run base.run
    test -e new.run || ${ECHO} --run new.run`,
  'run.run': `test -e run.run || ${ECHO} --run run.run`,
  'a baseline': `
    test -e .wsg/baselines/main || { ${ECHO} --run kept.run; wsg report save kept.run --as main --force; }`,
  'a repository': `
    git init --quiet .
    git -c user.name=wsg -c user.email=wsg@localhost commit --quiet --allow-empty --message first
    git update-ref refs/remotes/origin/main HEAD
    ${ECHO} --run first.run --label commit=$(git rev-parse HEAD)
    wsg report save first.run --as main --force`,
  'load.json': `
    printf '{"scenarios":{"ramp":{"executor":"ramping-vus","stages":[{"duration":"1s","target":4}]}}}' > load.json`,
  'config.yml': `
    printf 'listen_addr: 127.0.0.1:0\\nendpoints: [{path: /connect}]\\n' > config.yml`,
  'a dead letter': `
    mkdir -p letters
    printf 'endpoints: [{path: /connect}]\\nstream_redis: {addr: "redis://127.0.0.1:6379/0"}\\n' > config.yml
    printf 'outbox: {dead_letter_dir: letters}\\n' >> config.yml
    printf '%s\\n' '${LETTER}' > letters/redis.jsonl`,
};

/** The shell commands that make what a page takes for granted. Throws for what nobody knows. */
export function commandsFor(given: string, page: string): string {
  const file = /^(\S+) of this page$/.exec(given)?.[1];
  if (file !== undefined) return writeFile(file, page);
  const commands = GIVENS[given];
  if (commands === undefined) throw new Error(`nothing makes '${given}'`);
  return commands;
}

/** Writes the block of the page that begins with a comment that names the file. */
function writeFile(file: string, page: string): string {
  const text = new RegExp(`^\`\`\`\\w+\\n(?:#|//) ${file}\\n([^\`]+)^\`\`\`$`, 'm').exec(page)?.[1];
  if (text === undefined) throw new Error(`the page has no block that begins with a comment '${file}'`);
  return `cat > ${file} <<'END_OF_FILE'\n${text}END_OF_FILE`;
}

import { check, fail, group, sleep, randomSeed } from 'k6';
import exec from 'k6/execution';
import { SharedArray } from 'k6/data';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import encoding from 'k6/encoding';
import crypto from 'k6/crypto';

const users = new SharedArray('users', () => JSON.parse(open('./data/users.json')));
const bytes = open('./data/users.json', 'b');
const counter = new Counter('a_counter');
const gauge = new Gauge('a_gauge');
const rate = new Rate('a_rate');
const trend = new Trend('a_trend');
const time = new Trend('a_time', true);

export const options = {
  iterations: 3,
  vus: 1,
  tags: { run: 'one' },
  thresholds: {
    a_counter: ['count>=1', 'rate>0', 'count<1'],
    a_gauge: ['value==3'],
    a_rate: ['rate>0.4', 'rate<0.1'],
    a_trend: ['avg<100', 'med>0', 'p(95)<1', 'min>=1', 'max<1000'],
    'a_trend{part:b}': ['max>1'],
    'checks{group:::outer}': ['rate==1'],
    iterations: ['count==3'],
  },
};

function attempt(label, what) {
  try {
    const value = what();
    console.log(`${label}: ${typeof value} ${JSON.stringify(value)}`);
  } catch (thrown) {
    console.log(`${label}: thrown ${String(thrown.message ?? thrown).split('\n')[0]}`);
  }
}

export function setup() {
  console.log(`setup: ${exec.vu.idInTest} ${users.length} ${bytes.byteLength}`);
  return { when: new Date(0), deep: { a: [1, null] }, nothing: undefined };
}

export default function (data) {
  console.log(`data: ${JSON.stringify(data)}`);
  console.log(
    `numbers: ${[__VU, __ITER, exec.vu.iterationInScenario, exec.vu.iterationInInstance, exec.scenario.iterationInTest, exec.scenario.iterationInInstance, exec.vu.idInInstance]}`,
  );
  console.log(
    `names: ${[exec.scenario.name, exec.scenario.executor, typeof exec.scenario.startTime, exec.scenario.progress >= 0]}`,
  );
  counter.add(2);
  counter.add(1, { part: 'b' });
  gauge.add(__ITER + 1);
  rate.add(__ITER !== 1);
  trend.add(__ITER + 1, { part: __ITER === 2 ? 'b' : 'a' });
  time.add(5.5);
  if (__ITER === 0) values();
  group('outer', () => {
    check(5, { five: (n) => n === 5, literal: true, 'no function': 0 });
    group('inner', () => check(null, { deep: () => false }, { extra: 'tag' }));
  });
  exec.vu.tags.mine = `i${__ITER}`;
  counter.add(1);
  if (__ITER === 1) fail('on purpose');
  if (__ITER === 2) throw new TypeError('thrown at the end');
}

function values() {
  attempt('shared', () => [users[0].name, users.at(-1).name, users.map((user) => user.id)]);
  attempt('frozen', () => {
    users[0].name = 'x';
    return users[0].name;
  });
  attempt('base64', () => [
    encoding.b64encode('hello?>'),
    encoding.b64encode('hello?>', 'rawurl'),
    encoding.b64decode('aGVsbG8=', 'std', 's'),
  ]);
  attempt('md5', () => crypto.md5('a', 'hex'));
  attempt('hmac', () => [crypto.hmac('sha256', 'key', 'data', 'hex'), crypto.hmac('sha1', 'key', 'data', 'base64')]);
  attempt('sha', () => [
    crypto.sha1('a', 'hex'),
    crypto.sha256('a', 'base64'),
    crypto.sha384('a', 'hex').length,
    crypto.sha512('a', 'base64rawurl'),
    crypto.sha512_224('a', 'hex'),
    crypto.ripemd160('a', 'hex'),
    crypto.md4('a', 'hex'),
  ]);
  attempt('hash', () => {
    const hash = crypto.createHash('sha256');
    hash.update('a');
    hash.update('b');
    return hash.digest('hex');
  });
  attempt('random bytes', () => crypto.randomBytes(4).byteLength);
  attempt('check result', () => check(1, { yes: true, no: false }));
  attempt('check empty', () => check(1, {}));
  attempt('check name', () => check(1, { 'a::b': true }));
  attempt('group name', () => group('a::b', () => 1));
  attempt('group result', () => group('r', () => 7));
  attempt('group of none', () => group('r'));
  attempt('metric in a function', () => new Counter('late'));
  attempt('sleep of text', () => sleep('0.001'));
  attempt('counter of text', () => counter.add('x'));
  attempt('counter negative', () => counter.add(-1));
  attempt('rate of text', () => rate.add('true'));
  attempt('trend of NaN', () => trend.add(NaN));
  attempt('trend of null', () => trend.add(null));
  attempt('open', () => open('./data/users.json'));
  attempt('test options', () => [
    exec.test.options.iterations,
    exec.test.options.vus,
    Object.keys(exec.test.options.scenarios),
  ]);
  attempt('JSON of a metric', () => Object.keys(trend).sort());
  attempt('seed', () => {
    randomSeed(7);
    return Math.random() === (randomSeed(7), Math.random());
  });
  attempt('env', () => [__ENV.PLAIN !== undefined, __ENV.NOTHING]);
  attempt('print', () => {
    console.log('several', 1, { a: [1] }, null, undefined, [1, 'x'], true, () => 1);
    console.warn('warned: yes');
    console.error('failed: yes');
    console.debug('debugged: yes');
    console.info('informed: yes');
  });
  attempt('error printed', () => console.log(new Error('printed')));
}

export function teardown(data) {
  console.log(`teardown: ${JSON.stringify(data)}`);
}

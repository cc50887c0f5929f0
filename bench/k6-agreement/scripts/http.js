import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const base = `http://${__ENV.PLAIN}`;
const sizes = new Trend('sizes');
const seen = new Counter('seen');

export const options = {
  thresholds: {
    http_reqs: ['count>10'],
    'http_reqs{method:POST}': ['count>=3'],
    'http_req_failed{expected_response:true}': ['rate<0.1'],
    'checks{kind:main}': ['rate>0.9'],
    sizes: ['max<1'],
  },
};

function show(label, response) {
  const { status, status_text, error, error_code, body, url, proto } = response;
  console.log(
    `${label}: ${JSON.stringify([status, status_text, error, error_code, String(body).slice(0, 200), url, proto])}`,
  );
  sizes.add(String(body).length);
  seen.add(1, { label });
}

export default function () {
  show('get', http.get(`${base}/get?a=1&b=%20x#part`));
  show('get with a space', http.get(`${base}/get?a=1 2`));
  show(
    'post',
    http.post(`${base}/echo`, JSON.stringify({ a: 1 }), { headers: { 'Content-Type': 'application/json' } }),
  );
  show('form', http.post(`${base}/echo`, { z: '1', a: 'x y&ü', list: [1, 2] }));
  show('put', http.put(`${base}/echo`, 'text'));
  show('patch', http.patch(`${base}/echo`, new Uint8Array([1, 2, 3]).buffer));
  show('del', http.del(`${base}/echo`));
  show('del with body', http.del(`${base}/echo`, 'gone'));
  show('head', http.head(`${base}/get`));
  show('options', http.options(`${base}/get`));
  show('request', http.request('get', `${base}/echo`));
  show('odd method', http.request('PURGE', `${base}/echo`));
  for (const status of [200, 201, 204, 301, 304, 400, 404, 418, 500, 503]) {
    show(`status ${status}`, http.get(`${base}/status/${status}`, { tags: { status_kind: String(status)[0] } }));
  }
  show('redirects', http.get(`${base}/redirect/3`));
  show('redirects bounded', http.get(`${base}/redirect/3`, { redirects: 1 }));
  show('redirects none', http.get(`${base}/redirect/3`, { redirects: 0 }));
  for (const code of [301, 302, 303, 307, 308]) show(`post sees ${code}`, http.post(`${base}/see/${code}`, 'body'));
  show('named', http.get(`${base}/get?id=1`, { tags: { name: 'by id' } }));
  show('url of', http.get(http.url`${base}/get?id=${7}`));
  show('gzip', http.get(`${base}/gzip`));
  show('deflate', http.get(`${base}/deflate`));
  show('basic', http.get(`http://user:pass@${__ENV.PLAIN}/auth`));
  show('basic missing', http.get(`${base}/auth`));
  show('timeout', http.get(`${base}/delay/2000`, { timeout: 100 }));
  show('timeout as text', http.get(`${base}/delay/2000`, { timeout: '100ms' }));
  show(
    'expected',
    http.get(`${base}/status/404`, { responseCallback: http.expectedStatuses(404, { min: 500, max: 503 }) }),
  );
  show('no callback', http.get(`${base}/status/404`, { responseCallback: null }));
  show('no body', http.get(`${base}/get`, { responseType: 'none' }));
  const binary = http.get(`${base}/bytes/5`, { responseType: 'binary' });
  console.log(`binary: ${binary.body instanceof ArrayBuffer} ${binary.body.byteLength}`);
  show('compressed', http.post(`${base}/headers`, 'x'.repeat(50), { compression: 'gzip' }));
  show('own headers', http.get(`${base}/headers`, { headers: { 'X-Own': 'a', 'Content-Type': 'x/y' } }));
  group('batch', () => {
    const answers = http.batch([
      `${base}/get?n=1`,
      ['POST', `${base}/echo`, 'b'],
      { method: 'PUT', url: `${base}/echo`, body: 'c' },
    ]);
    answers.forEach((answer, index) => show(`batch ${index}`, answer));
    const named = http.batch({ one: `${base}/get?n=1`, two: ['GET', `${base}/status/500`] });
    console.log(
      `batch named: ${Object.keys(named)
        .sort()
        .map((key) => `${key} ${named[key].status}`)}`,
    );
  });
  group('outer', () =>
    group('inner', () =>
      check(http.get(`${base}/get`), { 'is 200': (r) => r.status === 200, 'is 201': (r) => r.status === 201 }),
    ),
  );
  check(null, { main: () => true }, { kind: 'main' });
  show('file', http.post(`${base}/echo`, { field: 'v', upload: http.file('data', 'a.txt', 'text/plain') }));
}

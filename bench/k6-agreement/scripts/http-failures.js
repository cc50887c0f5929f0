import http from 'k6/http';

const base = `http://${__ENV.PLAIN}`;

function tell(label, make) {
  try {
    const { status, error, error_code, body, url, timings } = make();
    console.log(`${label}: ${JSON.stringify([status, error, error_code, body, url, timings.duration > 0])}`);
  } catch (thrown) {
    console.log(`${label}: thrown ${thrown}`);
  }
}

export default function () {
  tell('refused', () => http.get('http://127.0.0.1:1/'));
  tell('unknown host', () => http.get('http://does-not-exist.invalid/'));
  tell('certificate', () => http.get(`https://${__ENV.SECURE}/get`));
  tell('tls to plain', () => http.get(`https://${__ENV.PLAIN}/get`));
  tell('plain to tls', () => http.get(`http://${__ENV.SECURE}/get`));
  for (const url of [
    '',
    'http://',
    '://x',
    'http:/x',
    '/path',
    'example',
    'ftp://127.0.0.1/',
    'http://[::1',
    'http://a b/',
    'http://127.0.0.1:99999/',
    'http://127.0.0.1:x/',
    `http://${__ENV.PLAIN}/%zz`,
  ]) {
    tell(`url ${JSON.stringify(url)}`, () => http.get(url));
    tell(`url thrown ${JSON.stringify(url)}`, () => http.get(url, { throw: true }));
  }
  for (const url of [null, undefined, 5, {}, []]) tell(`url ${JSON.stringify(url)}`, () => http.get(url));
  tell('thrown', () => http.get('http://127.0.0.1:1/', { throw: true }));
  tell('method', () => http.request('', `${base}/echo`));
  tell('method with a space', () => http.request('A B', `${base}/echo`));
  tell('header with a newline', () => http.get(`${base}/get`, { headers: { 'X-A': 'a\nb' } }));
  tell('header name', () => http.get(`${base}/get`, { headers: { 'X A': 'a' } }));
  tell('timeout 0', () => http.get(`${base}/get`, { timeout: 0 }));
  tell('timeout bad', () => http.get(`${base}/get`, { timeout: 'soon' }));
  tell('responseType', () => http.get(`${base}/get`, { responseType: 'odd' }));
  tell('compression', () => http.post(`${base}/echo`, 'a', { compression: 'odd' }));
  tell('redirects', () => http.get(`${base}/redirect/12`));
  tell('auth kind', () => http.get(`${base}/auth`, { auth: 'odd' }));
}

import http from 'k6/http';
import { parseHTML } from 'k6/html';

const base = `http://${__ENV.PLAIN}`;

function tell(label, make) {
  try {
    console.log(`${label}: ${JSON.stringify(make())}`);
  } catch (thrown) {
    console.log(`${label}: thrown ${String(thrown).split('\n')[0]}`);
  }
}

export default function () {
  const answer = http.get(`${base}/json`);
  for (const path of [
    'a',
    'a.b',
    'a.b.0',
    'a.b.2.c',
    'a.b.#',
    'n',
    't',
    'list.#.x',
    'list.#(x==2).x',
    'dot\\.ted',
    'nothing',
    'a.nothing.x',
    '',
  ]) {
    tell(`json ${path}`, () => answer.json(path));
    tell(`json type ${path}`, () => typeof answer.json(path));
  }
  tell('json', () => answer.json());
  const text = http.get(`${base}/text`);
  tell('json of text', () => text.json());
  tell('json path of text', () => [typeof text.json('a.b')]);
  const empty = http.get(`${base}/status/204`);
  tell('json of nothing', () => empty.json());
  tell('json path of nothing', () => [typeof empty.json('a')]);
  const refused = http.get('http://127.0.0.1:1/');
  tell('json of a refused', () => refused.json());
  tell('json path of a refused', () => [typeof refused.json('a')]);
  tell('html of a refused', () => refused.html().find('a').size());
  const none = http.get(`${base}/json`, { responseType: 'none' });
  tell('json of none', () => none.json());
  tell('json path of none', () => none.json('a'));
  const binary = http.get(`${base}/json`, { responseType: 'binary' });
  tell('json of binary', () => binary.json('a.b.0'));
  const page = http.get(`${base}/page`);
  const doc = parseHTML(page.body);
  tell('title', () => doc.find('title').text());
  tell('meta', () => doc.find('meta[name=csrf]').attr('content'));
  tell('items', () => doc.find('li.i').map((i, e) => e.text()));
  tell('sizes', () => [
    doc.find('li').size(),
    doc.find('li').first().text(),
    doc.find('li').last().text(),
    doc.find('li').eq(1).text(),
  ]);
  tell('form', () => doc.find('form').serialize());
  tell('form array', () => doc.find('form').serializeArray());
  tell('form object', () => doc.find('form').serializeObject());
  tell('val', () => [doc.find('input').val(), doc.find('select').val()]);
  tell('html', () => doc.find('ul').html());
  tell('missing', () => [doc.find('nope').size(), typeof doc.find('nope').attr('x'), doc.find('nope').text()]);
  tell('parents', () => [
    doc.find('li').parent().size(),
    doc.find('li').closest('body').size(),
    doc.find('ul').children('.i').size(),
  ]);
  tell('filters', () => [
    doc.find('li').filter('.i').size(),
    doc.find('li').not('.i').text(),
    doc.find('li').is('.i'),
    doc.find('ul').has('li').size(),
  ]);
  tell('submit', () => page.submitForm({ fields: { a: 'changed' } }).json('body'));
  tell('link', () => page.clickLink({ selector: 'a:first-child' }).json('url'));
  tell('link of none', () => page.clickLink({ selector: 'a.nope' }));
  tell('form of none', () => page.submitForm({ formSelector: 'form.nope' }));
  const jar = http.cookieJar();
  http.get(`${base}/set-cookies`);
  tell('cookies', () => http.get(`${base}/cookies`).json('cookie'));
  tell('jar', () => jar.cookiesForURL(`${base}/cookies`));
  jar.set(base, 'own', 'x');
  tell('own', () => http.get(`${base}/cookies`).json('cookie'));
  tell('param', () =>
    http.get(`${base}/cookies`, { cookies: { own: 'y', p: { value: 'q', replace: true } } }).json('cookie'),
  );
  jar.delete(base, 'own');
  tell('deleted', () => http.get(`${base}/cookies`).json('cookie'));
  jar.clear(base);
  tell('cleared', () => http.get(`${base}/cookies`).json('cookie'));
  tell('answer cookies', () => http.get(`${base}/set-cookies`).cookies.a);
  tell('request', () => {
    const { method, url, body, cookies } = http.post(`${base}/echo`, 'sent', { headers: { 'X-A': 'b' } }).request;
    return [method, url, body, Object.keys(cookies).sort()];
  });
  tell('headers', () => http.get(`${base}/json`).headers['Content-Type']);
  tell('timings', () => Object.keys(http.get(`${base}/json`).timings).sort());
  tell('remote', () => http.get(`${base}/json`).remote_ip);
  tell('keys', () => Object.keys(http.get(`${base}/json`)).sort());
}

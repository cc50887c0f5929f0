import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../../../support/script-run.js';

const PAGE = `<form id=f><input name=a value="x&y"><select name=s><option value=1 selected>A<option>B</select></form>
<ul class=l><li data-user-id=5 class="x y">a<b>b</b></li><li>c</li></ul><p>q "r" &lt; it's<br><img src=/a></p><a href="/z?q=1#h">L</a>`;
const FORMS = `<form action="/login?x=1" method="post"><input name=user value="a b"><input type=hidden name=_csrf value=T1>
  <input type=checkbox name=c><input type=submit name=go value=Go></form>
  <form id=g action="/s?old=1"><input name=q value="x y*~"></form><form id=n><input name=z value=1></form>
  <a href="/next?p=1">n</a><b>no</b>`;

let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isPage = request.url === '/';
      response.end(isPage ? FORMS : `${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Returns the values of the expressions as JSON, or the message of an expression that throws. */
async function valuesOf(source: string, expressions: readonly string[]): Promise<unknown[]> {
  const { lines } = await runScript(`
    import http from 'k6/http';
    import { parseHTML } from 'k6/html';
    function print(give) {
      let value;
      try { value = give(); } catch (error) { value = 'threw ' + error.message; }
      console.log(JSON.stringify([value]));
    }
    export default function () {
      const d = ${source};
      ${expressions.map((expression) => `print(() => ${expression});`).join('\n')}
    }
  `);
  return lines.map((line): unknown => JSON.parse(line)[0]);
}

/** An expression and its value in k6 1.3.0. */
type Fact = [expression: string, value: unknown];

/** Returns the same expressions with their values here. */
async function found(source: string, facts: readonly Fact[]): Promise<Fact[]> {
  const expressions = facts.map(([expression]) => expression);
  const values = await valuesOf(source, expressions);
  return values.map((value, index) => [expressions[index] ?? '', value]);
}

const parsed = `parseHTML(${JSON.stringify(PAGE)})`;

describe('a selection agrees with k6 1.3.0', () => {
  it('on texts, attributes and values', async () => {
    const facts: Fact[] = [
      [`d.find('p').html()`, 'q &#34;r&#34; &lt; it&#39;s<br/><img src="/a"/>'],
      [`[d.find('li').attr('class'), d.find('li').attr('no'), d.find('li').attr('no', 'def')]`, ['x y', null, 'def']],
      [`[d.find('li').data(), d.find('li').data('userId'), d.find('li').data('no')]`, [{ userID: 5 }, 5, null]],
      [`[d.find('input').val(), d.find('select').val(), d.find('p').val()]`, ['x&y', '1', null]],
      [`[d.find('zz').html(), d.find('zz').text(), d.find('zz').val()]`, ['', '', null]],
      [`d.find('form').serialize()`, 'a=x%26y&s=1'],
      [`d.find('form').serializeArray()[0]`, { name: 'a', value: 'x&y' }],
      [`d.find('form').serializeObject()`, { a: 'x&y', s: '1' }],
      [`parseHTML(5).html()`, '<html><head></head><body>5</body></html>'],
    ];
    expect(await found(parsed, facts)).toEqual(facts);
  });

  it('on traversal', async () => {
    const facts: Fact[] = [
      [`d.find('b').parents().map((i, e) => e.get(0).nodeName())`, ['li', 'ul', 'body', 'html']],
      [`[d.find('b').closest('ul').attr('class'), d.find('b').parentsUntil('ul').size()]`, ['l', 1]],
      [
        `[d.find('li').next().text(), d.find('li').prev().text(), d.find('li').first().siblings().text()]`,
        ['c', 'ab', 'c'],
      ],
      [`d.find('a').prevAll().map((i, e) => e.get(0).nodeName())`, ['p', 'ul', 'form']],
      [`d.find('form').nextUntil('a').size()`, 2],
      [`[d.find('li').slice(-1).text(), d.find('li').eq(-1).text(), d.find('li').eq(9).size()]`, ['c', 'c', 0]],
      [`[d.find('b').index(), d.find('li').index(d.find('li').eq(1)), d.find('li').eq(1).index('li')]`, [0, 1, 1]],
      [`d.find('p').add(d.find('b')).map((i, e) => e.text())`, [`q "r" < it's`, 'b']],
      [`[d.find('ul').find(d.find('b')).text(), d.find('ul').find(d.find('b').get(0)).text()]`, ['b', 'b']],
      [`[d.find('li').has('b').size(), d.find('li').is('.x'), d.find('li').not('.x').text()]`, [1, true, 'c']],
      [`d.find('li').contents().size()`, 3],
      [`d.find('li').eq(0).end().size()`, 2],
    ];
    expect(await found(parsed, facts)).toEqual(facts);
  });

  it('on invalid selectors and arguments', async () => {
    const facts: Fact[] = [
      [`d.find('li[').size()`, 0],
      [`d.find('li:first').size()`, 0],
      [`d.find('li:contains("c")').size()`, 1],
      [`d.find('li').each(5)`, 'threw the argument to each() must be a function'],
      [`d.find('li').map((i) => { if (i === 0) throw new Error('x'); return i; })`, [1]],
      [`d.find('li').filter(() => { throw new Error('x'); })`, 'threw x'],
    ];
    expect(await found(parsed, facts)).toEqual(facts);
  });

  it('on elements', async () => {
    const facts: Fact[] = [
      [
        `d.find('li').get().map((e) => [e.nodeName(), e.textContent(), e.innerHTML(), e.id()])[0]`,
        ['li', 'ab', 'a<b>b</b>', ''],
      ],
      [`[d.find('li').get(-1) === undefined, d.find('li').get(-2) === undefined]`, [false, true]],
      [`[d.get(0).nodeName(), d.get(0).nodeType(), d.get(0).toString()]`, ['#document', 9, '[object #document]']],
      [`d.find('li').get(0).classList()`, ['x', 'y']],
      [`d.find('li').get(0).attributes().class.value`, 'x y'],
      [
        `[d.find('select').get(0).value(), d.find('select').get(0).selectedIndex(), d.find('input').get(0).form().id()]`,
        ['1', 0, 'f'],
      ],
      [`d.find('li').get(0).querySelector('b').parentElement().nextElementSibling().textContent()`, 'c'],
    ];
    expect(await found(parsed, facts)).toEqual(facts);
  });
});

it('submits forms and follows links as k6 1.3.0 does', async () => {
  const facts: Fact[] = [
    [
      `d.submitForm({ submitSelector: '#none', formSelector: 'form[method]' }).body`,
      'POST /login?x=1 _csrf=T1&user=a+b',
    ],
    [
      `d.submitForm({ formSelector: 'form[method]', fields: { user: 'me' } }).body`,
      'POST /login?x=1 _csrf=T1&go=Go&user=me',
    ],
    [`d.submitForm({ formSelector: '#g' }).body`, 'GET /s?q=x+y%2A~ '],
    [`d.submitForm({ formSelector: '#n', fields: { z: 2, w: 'a' } }).body`, 'GET /?w=a&z=2 '],
    [`d.submitForm({ formSelector: '#zz' })`, `threw no form found for selector '#zz' in response '${url}/'`],
    [`d.clickLink().body`, 'GET /next?p=1 '],
    [`d.clickLink({ selector: 'zz' })`, `threw no element found for selector 'zz' in response '${url}/'`],
    [
      `d.clickLink({ selector: 'b' })`,
      `threw no valid href attribute value found on element 'b' in response '${url}/'`,
    ],
    [`d.html('a').get(0).href()`, `${url}/next?p=1`],
    [`d.html('a').get(0).pathname()`, '/next'],
  ];
  expect(await found(`http.get('${url}/')`, facts)).toEqual(facts);
});

it('waits for callbacks that send a request for each node', async () => {
  const facts: Fact[] = [
    [
      `{ const o = []; d.html('a').each((i, a) => { o.push(http.get(a.href()).body); }); return o; }`.replace(
        /^/,
        '(() => ',
      ) + ')()',
      ['GET /next?p=1 '],
    ],
    [`d.html('a').map((i, a) => http.get('${url}' + a.attr('href')).body)`, ['GET /next?p=1 ']],
    [`d.html('a,b').filter((i) => http.get('${url}/' + i).status === 200 && i === 1).text()`, 'no'],
    [`d.html('a,b').not((i) => http.get('${url}/' + i).status === 200 && i === 1).text()`, 'n'],
    [`d.html('a,b').is((i) => http.get('${url}/' + i).status === 200 && i === 1)`, true],
  ];
  expect(await found(`http.get('${url}/')`, facts)).toEqual(facts);
});

it('reads the children of a template', async () => {
  const facts: Fact[] = [[`[d.find('template p').text(), d.find('b').text()]`, ['in', 'deep']]];
  expect(await found(`parseHTML('<template><p>in</p><template><b>deep</b></template></template>')`, facts)).toEqual(
    facts,
  );
});

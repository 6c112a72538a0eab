// The watch page's modules that need no browser.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import {messageFor, messages} from '../../web/watch/messages.js';
import {Problem} from '../../web/watch/problem.js';
import {eventsOf, expiryOf, parseFragment, parsePasted}
  from '../../web/watch/ticket.js';

const encode = (value) =>
  Buffer.from(JSON.stringify(value)).toString('base64url');
const ticketWith = (claims) => `${encode({alg: 'ES256'})}.${encode(claims)}.c2ln`;
const root = new URL('../../', import.meta.url);

test('every code the edge can answer has a sentence of its own', () => {
  const source = fs.readFileSync(new URL('docs/answers.md', root), 'utf8')
    // What boxes say to boxes reaches no page.
    .replace(/^Where `usher_hop_secret`[^]*?^A 401 comes/m, '');
  // In the table behind its status, in the text in front of it.
  const codes = [...source.matchAll(
    /\| (\d{3}) \| `([a-z_]+)` \||`([a-z_]+)` \((\d{3})\b/g)]
    .map((match) => match[2] ?? match[3]);
  for (const code of ['ticket_missing', 'key_unknown', 'draining']) {
    assert.ok(codes.includes(code), `${code} is not among ${codes}`);
  }
  assert.ok(codes.length >= 22, `only ${codes}`);
  for (const code of codes) assert.ok(messages[code], `${code} has none`);
  const texts = Object.values(messages).map(({text}) => text);
  assert.equal(new Set(texts).size, texts.length);
});

test('a sentence says what is wrong, then what to do', () => {
  for (const [code, {text}] of Object.entries(messages)) {
    assert.match(text, /^[A-Z][^.:]+: [^.:]+\.$/, code);
  }
});

test('an answer without a known code is told by its status', () => {
  const cases = [
    [0, 'network'], [401, 'ticket_missing'], [404, 'not_found'],
    [429, 'rate_limited'], [418, 'refused'], [500, 'server'], [503, 'server'],
  ];
  for (const [status, code] of cases) {
    assert.equal(messageFor(new Problem('', status)).code, code);
    assert.equal(messageFor(new Problem('not-a-code', status)).code, code);
  }
});

test('a code named like a property of every object is no known code', () => {
  assert.equal(messageFor(new Problem('constructor', 403)).code, 'refused');
  assert.equal(messageFor(new Problem('__proto__', 403)).code, 'refused');
});

test('waiting needs a Retry-After; without one it is trying again', () => {
  const wait = Problem.from(403, '{"code":"event_not_started"}', '90');
  assert.equal(messageFor(wait).action, 'wait');
  assert.equal(messageFor(wait).wait, 90);
  const draining = Problem.from(503, '{"code":"draining"}', '5');
  assert.equal(messageFor(draining).action, 'wait');
  assert.equal(messageFor(draining).wait, 5);
  const retry = Problem.from(403, '{"code":"event_not_started"}', null);
  assert.equal(messageFor(retry).action, 'retry');
});

test('Retry-After may be seconds or a date', () => {
  const in60s = new Date(Date.now() + 60_000).toUTCString();
  const read = (header) => Problem.from(429, '', header).retryAfter;
  assert.equal(read('7'), 7);
  assert.ok(read(in60s) > 50 && read(in60s) <= 60);
  assert.equal(read('Thu, 01 Jan 1970 00:00:00 GMT'), 0);
  assert.equal(read('soon'), 0);
});

test('a body that is no problem+json gives no code', () => {
  for (const body of ['', '<html>', 'null', '[]', '{"code":1}']) {
    assert.equal(Problem.from(502, body, null).code, '');
  }
});

test('a fragment carries a ticket and an event', () => {
  const ticket = ticketWith({event: 'fight-night'});
  assert.deepEqual(parseFragment(`#event=other&ticket=${ticket}`),
    {ticket, event: 'other'});
  assert.deepEqual(parseFragment(`#ticket=${ticket}`),
    {ticket, event: 'fight-night'});
  assert.equal(parseFragment('#event=fight-night'), null);
  assert.equal(parseFragment(''), null);
});

test('what is pasted is a ticket or a whole link', () => {
  const ticket = ticketWith({event: 'fight-night'});
  const expected = {ticket, event: 'fight-night'};
  assert.deepEqual(parsePasted(`  ${ticket}\n`), expected);
  assert.deepEqual(
    parsePasted(`https://a.example/usher/watch/#ticket=${ticket}`), expected);
  assert.equal(parsePasted('  '), null);
  assert.equal(parsePasted('https://a.example/#about'), null);
});

test('a ticket for several events leaves the choice to the viewer', () => {
  const ticket = ticketWith({event: ['one', 'two']});
  assert.equal(parseFragment(`#ticket=${ticket}`).event, null);
  assert.deepEqual(eventsOf(ticket), ['one', 'two']);
});

test('what is no ticket names no event and never expires', () => {
  for (const junk of ['', 'a', 'a.b.c', `a.${encode(null)}.c`, 'a.!.c']) {
    assert.deepEqual(eventsOf(junk), []);
    assert.equal(expiryOf(junk), Infinity);
  }
  assert.equal(expiryOf(ticketWith({exp: 1700000000})), 1700000000);
});

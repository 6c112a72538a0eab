// The examples of docs/tickets.md, run as they stand there.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const build = process.env.USHER_BUILD_DIR ?? path.join(root, 'build/dev');
const usher = path.join(build, 'usher');
const page = fs.readFileSync(path.join(root, 'docs/tickets.md'), 'utf8');

test('a signed URI made as shown opens its event, and no other', () =>
  withShop((cwd) => {
    const token = run('Signed URIs', cwd);
    const event = 'https://edge.example/fight-night/master.m3u8';
    assert.equal(judge(token, event, cwd).verdict, 'good');
    for (const url of [event.replace('fight-night', 'fight-night-2'),
      event.replace('https', 'http'), event.replace('edge.', 'edgex')]) {
      assert.equal(judge(token, url, cwd).code, 'ticket_scope', url);
    }
  }));

test('a Common Access Token made as shown opens its event, and no other', () =>
  withShop((cwd) => {
    const token = run('Common Access Tokens', cwd);
    const event = 'https://edge.example/fight-night/master.m3u8';
    assert.equal(judge(token, event, cwd).verdict, 'good');
    for (const url of [event.replace('fight-night', 'fight-night-2'),
      event.replace('https', 'http'), event.replace('edge.', 'edgex')]) {
      assert.equal(judge(token, url, cwd).code, 'ticket_scope', url);
    }
  }));

function run(section, cwd) {
  const from = page.indexOf(`## ${section}`);
  assert.ok(from >= 0, `no section "${section}"`);
  const example = page.slice(from).match(/```python\n([^]*?)```/);
  fs.writeFileSync(path.join(cwd, 'shop.py'), example[1]);
  return execFileSync('/usr/bin/python3', ['shop.py'],
    {cwd, encoding: 'utf8'}).trim();
}

function judge(token, url, cwd) {
  try {
    return JSON.parse(execFileSync(usher, ['ticket', 'inspect', '--json',
      '--jwks', 'ticket-keys.json', '--url', url, token],
    {cwd, encoding: 'utf8'}));
  } catch (refused) {
    return JSON.parse(refused.stdout);
  }
}

// A directory with the key pair of the README's shop.
function withShop(test) {
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'usher-docs-'));
  try {
    execFileSync(usher, ['ticket', 'keygen', '--kid', 'shop-1', '--private',
      'ticket-key.pem', '--jwks', 'ticket-keys.json'], {cwd});
    return test(cwd);
  } finally {
    fs.rmSync(cwd, {recursive: true, force: true});
  }
}

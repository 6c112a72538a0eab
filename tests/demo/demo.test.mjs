// scripts/demo.sh: checks itself, ends wholly, is quick the second time, and
// says in one line what is wrong.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const env = {
  ...process.env,
  USHER_BUILD_DIR: process.env.USHER_BUILD_DIR ?? path.join(root, 'build/dev'),
};
const kPort = 31_000 + process.pid % 100 * 10;
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'usher-demo-'));
fs.chmodSync(directory, 0o755);
// Looks like a path of the example configuration, which must not confuse it.
const prefix = path.join(directory, 'var/lib/usher/run');
test.after(() => fs.rmSync(directory, {recursive: true, force: true}));

test('--once finds nothing to complain about', async () => {
  const {code, output} = await demo(['--once']);
  assert.equal(code, 0, output);
  assert.match(output, /^ok .*FFmpeg decodes/m);
  assert.doesNotMatch(output, /^FAIL/m);
  assert.deepEqual(nginxProcesses(), []);
});

test('a second run makes and packages nothing again', async () => {
  const clip = fs.statSync(path.join(prefix, 'clip/demo.mp4')).mtimeMs;
  const {code, output} = await demo(['--once']);
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /packaging|making a clip/);
  assert.equal(fs.statSync(path.join(prefix, 'clip/demo.mp4')).mtimeMs, clip);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL']) {
  test(`${signal} leaves nothing running`, async () => {
    const ready = path.join(directory, `ready-${signal}.json`);
    const running = start(['--ready-file', ready]);
    await until(() => fs.existsSync(ready) || running.ended);
    assert.ok(fs.existsSync(ready), running.output);
    const {edge, ticket} = JSON.parse(fs.readFileSync(ready));
    assert.match(edge, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.match(ticket, /^eyJ/);
    assert.notDeepEqual(nginxProcesses(), []);
    running.process.kill(signal);
    await running.exit;
    await until(() => nginxProcesses().length === 0);
    assert.ok(await isFree(Number(new URL(edge).port)));
  });
}

const refusals = [
  ['an unknown option', ['--no-such'], 2, /unknown option --no-such/],
  ['a film that is not there', ['nowhere.mp4'], 2, /cannot read .*nowhere/],
  ['a bad port', ['--port', '70000'], 2, /--port 70000/],
  ['a second film', ['/dev/null', '/dev/zero'], 2, /one FILE/],
  ['an option without a value', ['--prefix'], 2, /--prefix needs a value/],
  ['a directory nginx cannot spell', ['--prefix', '/tmp/a b'], 1, /plain letters/],
  ['a directory of something else', ['--prefix', root], 1, /other things/],
];
for (const [what, options, expected, words] of refusals) {
  test(`${what} is refused in one line`, async () => {
    const {code, output} = await demo(options);
    assert.equal(code, expected, output);
    assert.match(output, words);
    assert.equal(output.trim().split('\n').length, 1, output);
  });
}

test('a port that is taken is refused, not replaced', async () => {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const {port} = server.address();
  const {code, output} = await demo(['--once', '--port', String(port)]);
  server.close();
  assert.equal(code, 1, output);
  assert.match(output, new RegExp(`port ${port} is taken`));
});

async function demo(options) {
  const running = start(options);
  const code = await running.exit;
  return {code, output: running.output};
}

function start(options) {
  const defaults = ['--prefix', prefix];
  if (!options.includes('--port')) defaults.push('--port', String(kPort));
  const running = {output: '', ended: false};
  running.process = spawn(path.join(root, 'scripts/demo.sh'),
    [...defaults, ...options], {env, stdio: ['ignore', 'pipe', 'pipe']});
  for (const stream of [running.process.stdout, running.process.stderr]) {
    stream.on('data', (text) => running.output += text);
  }
  running.exit = new Promise((resolve) => running.process.once('close',
    (code) => {
      running.ended = true;
      resolve(code);
    }));
  return running;
}

// Ours are known by their command line, which names the prefix.
function nginxProcesses() {
  return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return /nginx/.test(line) && line.includes(prefix);
      } catch {
        return false;
      }
    });
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function until(condition, wait = 120_000) {
  const end = Date.now() + wait;
  while (!condition()) {
    assert.ok(Date.now() < end, `waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

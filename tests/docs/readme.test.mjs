// The README's examples, run as they stand there.
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
const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');

const languages = [
  {fence: 'python', file: 'ticket.py', run: '/usr/bin/python3'},
  {fence: 'js', file: 'ticket.mjs', run: process.execPath},
  {fence: 'php', file: 'ticket.php', run: 'php'},
];

for (const {fence, file, run} of languages) {
  test(`a ticket made with the README's ${fence} is good`, () =>
    withDirectory((cwd) => {
      shell(commandFor('usher ticket keygen'), cwd);
      fs.writeFileSync(path.join(cwd, file), exampleIn(fence));
      // PHP's example copes with numbers that begin with zeros only if tried
      // often: one signature in 128 has one.
      for (let i = 0; i < (fence === 'php' ? 20 : 1); i++) {
        const ticket = execFileSync(run, [file], {cwd, encoding: 'utf8'});
        const said = inspect(ticket.trim(), cwd);
        assert.match(said, /order-4711/);
        assert.match(said, /fight-night/);
      }
    }));
}

test("nginx takes the README's configuration", () =>
  withDirectory((cwd) => {
    shell(commandFor('usher ticket keygen'), cwd);
    shell("echo \"1:$(openssl rand -hex 32)\" >session-secrets", cwd);
    shell('openssl req -x509 -nodes -newkey ec -subj /CN=test ' +
      '-pkeyopt ec_paramgen_curve:P-256 -keyout key.pem -out cert.pem ' +
      '2>openssl.log', cwd);
    fs.chmodSync(path.join(cwd, 'session-secrets'), 0o640);
    const group = process.getuid() === 0 ? idOf('www-data') : process.getgid();
    fs.chownSync(path.join(cwd, 'session-secrets'), process.getuid(), group);
    fs.writeFileSync(path.join(cwd, 'nginx.conf'), configurationFor(cwd));
    shell('nginx -t -q -p . -e error.log -c "$PWD/nginx.conf"', cwd);
  }));

// Here, so without privileges and without names to look up.
function configurationFor(directory) {
  const user = process.getuid() === 0 ? 'user www-data;\n' : '';
  return exampleIn('nginx')
    .replace('modules/ngx_http_usher_module.so',
      path.join(build, 'ngx_http_usher_module.so'))
    .replace('/etc/usher/tls/fullchain.pem', `${directory}/cert.pem`)
    .replace('/etc/usher/tls/privkey.pem', `${directory}/key.pem`)
    .replaceAll('/etc/usher/', `${directory}/`)
    .replaceAll('/var/cache/nginx/', `${directory}/cache-`)
    .replaceAll('origin.example.com', '127.0.0.1:9')
    .replace('listen 443', `listen unix:${directory}/edge.sock`)
    .replace('http {', `${user}pid nginx.pid;\nerror_log error.log;\n` +
      'events {}\nhttp {\naccess_log off;\n' +
      ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${directory}/${name};`).join('\n'));
}

function inspect(ticket, cwd) {
  return execFileSync(usher, ['ticket', 'inspect', '--jwks', 'ticket-keys.json',
    ticket], {cwd, encoding: 'utf8'});
}

function exampleIn(fence) {
  const found = readme.match(new RegExp(`\`\`\`${fence}\n([^]*?)\`\`\``));
  assert.ok(found, `the README has no ${fence}`);
  return found[1];
}

function commandFor(start) {
  const found = readme.split('\n')
    .map((line) => line.trim()).find((line) => line.startsWith(start));
  assert.ok(found, `the README has no "${start}"`);
  return found.replace(/^usher/, usher);
}

function shell(command, cwd) {
  execFileSync('sh', ['-c', command], {cwd, stdio: ['ignore', 'pipe', 'pipe']});
}

function idOf(user) {
  return Number(execFileSync('id', ['-g', user], {encoding: 'utf8'}));
}

function withDirectory(test) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'usher-docs-'));
  fs.chmodSync(directory, 0o755);
  try {
    return test(directory);
  } finally {
    fs.rmSync(directory, {recursive: true, force: true});
  }
}

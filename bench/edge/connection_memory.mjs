#!/usr/bin/env node
// What a worker's memory grows by for each connection: idle ones, and followers
// that usher_coalesce holds; plain and TLS, HTTP/1.1. The kernel's part is not in
// it. Numbers are in docs/tuning.md.
//
//   connection_memory.mjs MODULE.so [CONNECTIONS]
import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import {setTimeout as sleep} from 'node:timers/promises';

const [module, count = '1000'] = process.argv.slice(2);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'usher-memory-'));
const [PLAIN, TLS, ORIGIN] = [18180, 18181, 18182];

function writeConfiguration() {
  fs.mkdirSync(path.join(directory, 'tmp'));
  fs.writeFileSync(path.join(directory, 'object'), 'x'.repeat(1000));
  execFileSync('openssl', ['req', '-x509', '-nodes', '-newkey', 'ec',
    '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2', '-subj', '/CN=x',
    '-keyout', 'key.pem', '-out', 'cert.pem'], {cwd: directory, stdio: 'ignore'});
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path tmp/${name};`).join(' ');
  fs.writeFileSync(path.join(directory, 'nginx.conf'), `
    ${process.getuid() === 0 ? 'user root;' : ''}
    worker_processes 1; daemon off; pid nginx.pid; error_log error.log;
    load_module ${path.resolve(module)};
    events { worker_connections 16384; }
    http {
      access_log off; keepalive_timeout 300s; ${temporary}
      proxy_cache_path cache keys_zone=cache:1m;
      server {
        listen 127.0.0.1:${PLAIN} backlog=4096;
        listen 127.0.0.1:${TLS} ssl backlog=4096;
        ssl_certificate cert.pem; ssl_certificate_key key.pem;
        root ${directory};
        location /held/ {
          usher_coalesce on key=$uri wait=120s;
          proxy_pass http://127.0.0.1:${ORIGIN};
          proxy_cache cache; proxy_cache_key $uri; proxy_read_timeout 120s;
        }
      }
    }`);
}

async function startNginx() {
  const nginx = spawn('nginx', ['-p', directory, '-c', 'nginx.conf', '-e',
    'error.log'], {cwd: directory, stdio: 'inherit'});
  await sleep(1000);
  const children =
    fs.readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8');
  const worker = children.trim().split(' ').find((pid) =>
    fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker'));
  return {nginx, worker};
}

// KB that are the worker's own.
function memoryOf(worker) {
  const rollup = fs.readFileSync(`/proc/${worker}/smaps_rollup`, 'utf8');
  return Number(/Private_Dirty:\s+(\d+)/.exec(rollup)[1]);
}

function connect(port, secure, target, answered) {
  return new Promise((resolve, reject) => {
    const ask = () => {
      socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      if (!answered) resolve(socket);
    };
    const socket = secure
      ? tls.connect({host: '127.0.0.1', port, rejectUnauthorized: false}, ask)
      : net.connect({host: '127.0.0.1', port}, ask);
    socket.on('error', reject);
    socket.once('data', () => answered && resolve(socket));
  });
}

async function measure(name, secure, target, answered) {
  const {nginx, worker} = await startNginx();
  const open = async (number) => {
    const sockets = [];
    for (let i = 0; i < number; ++i) {
      sockets.push(await connect(secure ? TLS : PLAIN, secure, target, answered));
    }
    await sleep(1000);
    return sockets;
  };
  const sockets = await open(20); // what the first few cost is not theirs
  const before = memoryOf(worker);
  sockets.push(...await open(Number(count)));
  const each = (memoryOf(worker) - before) / Number(count);
  console.log(`${name}: ${each.toFixed(1)} KB`);
  for (const socket of sockets) socket.removeAllListeners('error').destroy();
  nginx.kill();
  await new Promise((resolve) => nginx.once('exit', resolve));
}

writeConfiguration();
const origin = net.createServer(() => {}).listen(ORIGIN, '127.0.0.1');
await measure('idle, plain', false, '/object', true);
await measure('idle, TLS', true, '/object', true);
await measure('follower, plain', false, '/held/x', false);
await measure('follower, TLS', true, '/held/x', false);
origin.close();
fs.rmSync(directory, {recursive: true});
process.exit(0);

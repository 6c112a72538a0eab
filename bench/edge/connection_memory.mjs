#!/usr/bin/env node
// What a worker's memory grows by for each connection: idle ones, and followers
// that usher_coalesce holds; plain, TLS, and HTTP/2 in TLS. The kernel's part is
// not in it. Numbers are in docs/tuning.md.
//
//   connection_memory.mjs MODULE.so [CONNECTIONS]
import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import {setTimeout as sleep} from 'node:timers/promises';

const [module, count = '1000'] = process.argv.slice(2);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'usher-memory-'));
const [PLAIN, TLS, ORIGIN, HTTP2] = [18180, 18181, 18182, 18183];

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
        listen 127.0.0.1:${HTTP2} ssl http2 backlog=4096;
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

// Resolves once the target was answered, or, where it is `held`, asked for.
function connect(port, target, held) {
  return new Promise((resolve, reject) => {
    const ask = () => {
      socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      if (held) resolve(socket);
    };
    const socket = port === TLS
      ? tls.connect({host: '127.0.0.1', port, rejectUnauthorized: false}, ask)
      : net.connect({host: '127.0.0.1', port}, ask);
    socket.on('error', reject);
    socket.once('data', () => held || resolve(socket));
  });
}

function connectHttp2(target, held) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`https://127.0.0.1:${HTTP2}`,
      {rejectUnauthorized: false});
    session.on('error', reject);
    session.once('connect', () => {
      const stream = session.request({':path': target});
      stream.on('error', () => {});
      stream.resume();
      if (held) resolve(session);
      else stream.once('end', () => resolve(session));
    });
  });
}

async function measure(name, port, target, held) {
  const {nginx, worker} = await startNginx();
  const open = async (number) => {
    const sockets = [];
    for (let i = 0; i < number; ++i) {
      sockets.push(port === HTTP2 ? await connectHttp2(target, held)
        : await connect(port, target, held));
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
for (const [name, port] of [['plain', PLAIN], ['TLS', TLS],
  ['HTTP/2 in TLS', HTTP2]]) {
  await measure(`idle, ${name}`, port, '/object', false);
  await measure(`follower, ${name}`, port, '/held/x', true);
}
origin.close();
fs.rmSync(directory, {recursive: true});
process.exit(0);

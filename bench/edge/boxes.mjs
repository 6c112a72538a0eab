// What the benchmarks here share: nginx after nginx in one directory, each with
// one worker, and what that worker costs.
//
// All of it goes when the benchmark ends: call end() at last.
import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

export const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'usher-edge-'));
export const at = (...names) => path.join(directory, ...names);
const children = [];

// A key and a self-signed certificate: key.pem, cert.pem.
export function writeCertificate() {
  execFileSync('openssl', ['req', '-x509', '-nodes', '-newkey', 'ec',
    '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2', '-subj', '/CN=x',
    '-keyout', 'key.pem', '-out', 'cert.pem'], {cwd: directory, stdio: 'ignore'});
}

export function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const {port} = server.address();
      server.close(() => resolve(port));
    });
  });
}

// The start of a configuration for one worker, and where it may write.
export const mainOf = (name) => `
    ${process.getuid() === 0 ? 'user root;' : ''}
    worker_processes 1; daemon off; pid ${name}.pid;
    error_log ${name}.log warn;
    events { worker_connections 16384; }`;
export function temporaryOf(name) {
  fs.mkdirSync(at('tmp'), {recursive: true});
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path tmp/${kind}-${name};`).join(' ');
}

// The worker's process id, when the nginx listens.
export async function startNginx(name, configuration, port) {
  fs.writeFileSync(at(`${name}.conf`), configuration);
  const nginx = spawn('nginx', ['-p', directory, '-c', `${name}.conf`, '-e',
    `${name}.log`], {stdio: 'inherit'});
  children.push(nginx);
  for (let i = 0; i < 400; ++i) {
    const worker = workerOf(nginx.pid);
    if (worker && await isListening(port)) return worker;
    await sleep(25);
  }
  throw new Error(`${name} does not start`);
}

// Its master listens before there is a worker.
function workerOf(master) {
  try {
    const children =
      fs.readFileSync(`/proc/${master}/task/${master}/children`, 'utf8');
    return children.trim().split(' ').find((pid) =>
      fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker'));
  } catch {
    return undefined;
  }
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(socket.destroy() !== undefined));
    socket.on('error', () => resolve(false));
  });
}

// Nanoseconds on a processor, of all its threads.
export function cpuTimeOf(pid) {
  return fs.readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + Number(
    fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0],
  ), 0);
}

export const quantile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.round(share * (values.length - 1))];

export async function end() {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) =>
    new Promise((resolve) => child.once('exit', resolve))));
  fs.rmSync(directory, {recursive: true});
}

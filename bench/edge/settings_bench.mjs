#!/usr/bin/env node
// What single settings of config/*.example are worth: the same nginx with and
// without each, in turn, and the processor time of its worker by request.
// Requests come from h2load (Debian: nghttp2-client). Numbers are in
// docs/tuning.md.
//
//   settings_bench.mjs MODULE.so [ROUNDS [SETTING]]
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {at, cpuTimeOf, end, freePort, mainOf, quantile, startNginx, temporaryOf,
  writeCertificate} from './boxes.mjs';

const [module, rounds = '5', wanted] = process.argv.slice(2);
if (module === undefined) {
  console.error('usage: settings_bench.mjs MODULE.so [ROUNDS [SETTING]]');
  process.exit(2);
}
const SMALL = 4 << 10;
const LARGE = 1 << 20;
// Another file system than the cache's, as where /var/cache is a disk of its own.
const ELSEWHERE = fs.mkdtempSync('/dev/shm/usher-edge-');

const kHits = {uri: `/film/${SMALL}.m4s`, count: 8000};
const kLargeHits = {uri: `/film/${LARGE}.m4s`, count: 1000};
// A cache that keeps nothing: each request is a fill.
const kFills = {uri: `/film/${SMALL}.m4s`, count: 2000, valid: ''};
const kLargeFills = {...kFills, uri: `/film/${LARGE}.m4s`, count: 300};

// What `on` and `off` add to http, to the upstream, to the location and to
// proxy_cache_path; `flags` are h2load's, `load` is what is asked.
const SETTINGS = [
  {name: 'keepalive in upstream, TLS', load: kFills, secureOrigin: true,
    on: {upstream: 'keepalive 64; keepalive_requests 1000000;'}, off: {}},
  {name: 'keepalive in upstream, plain', load: kFills,
    on: {upstream: 'keepalive 64; keepalive_requests 1000000;'}, off: {}},
  {name: 'use_temp_path=off', load: {...kLargeFills, valid: 'churn'},
    on: {cache: 'use_temp_path=off'},
    off: {cache: 'use_temp_path=on', temporary: ELSEWHERE}},
  {name: 'access_log buffer', load: kHits,
    on: {http: 'access_log log-on combined buffer=64k flush=1s;'},
    off: {http: 'access_log log-off;'}},
  {name: 'the example\'s JSON access_log', load: kHits,
    on: {http: `access_log log-json json buffer=64k flush=1s;`, json: true},
    off: {http: 'access_log off;'}},
  {name: 'sendfile', load: kLargeHits,
    on: {http: 'sendfile on;'}, off: {http: 'sendfile off;'}},
  {name: 'aio threads, warm cache', load: kLargeHits,
    on: {http: 'sendfile on; aio threads;'}, off: {http: 'sendfile on;'}},
  {name: 'open_file_cache', load: kHits,
    on: {http: 'open_file_cache max=10000 inactive=20s;'}, off: {}},
  {name: 'usher_lifetimes', load: kHits,
    on: {http: 'usher_lifetimes on;'}, off: {}},
  {name: 'usher_coalesce', load: kHits,
    on: {location: 'usher_coalesce on key=$uri;'}, off: {}},
  {name: 'HTTP/2 for HTTP/1.1 in TLS', load: {...kHits, secure: true},
    on: {flags: ['-m', '4']}, off: {flags: ['--h1']}},
  {name: 'HTTP/2 for HTTP/1.1 in TLS, 1 MiB', load: {...kLargeHits, secure: true},
    on: {flags: ['-m', '4']}, off: {flags: ['--h1']}},
];

function writeFiles() {
  fs.mkdirSync(at('origin/film'), {recursive: true});
  for (const size of [SMALL, LARGE]) {
    fs.writeFileSync(at(`origin/film/${size}.m4s`), Buffer.alloc(size, 'x'));
  }
  writeCertificate();
}

const kJson = fs.readFileSync(
  path.join(import.meta.dirname, '../../config/edge.conf.example'), 'utf8')
  .match(/log_format usher[^;]*;/)[0].replace('usher', 'json');

function configurationOf(name, {load, secureOrigin}, how, ports) {
  // "churn": kept, under a name of its own for each request.
  const key = load.valid === 'churn' ? '$uri$request_id' : '$uri';
  const valid = load.valid === undefined || load.valid === 'churn'
    ? 'proxy_cache_valid 200 1d;' : '';
  const scheme = secureOrigin ? 'https' : 'http';
  const temporary = temporaryOf(name);
  return `load_module ${path.resolve(module)}; ${mainOf(name)}
    http {
      tcp_nodelay on; keepalive_requests 100000000;
      ${how.json ? kJson : ''}
      ${how.http?.includes('access_log') ? '' : 'access_log off;'}
      ${how.temporary ? temporary.replace(`tmp/proxy-${name}`, how.temporary)
    : temporary}
      ssl_certificate cert.pem; ssl_certificate_key key.pem;
      proxy_cache_path cache-${name} keys_zone=c:10m max_size=64m
        ${how.cache ?? 'use_temp_path=off'};
      proxy_http_version 1.1; proxy_set_header Connection "";
      upstream origin { server 127.0.0.1:${ports[scheme]};
        ${how.upstream ?? 'keepalive 64; keepalive_requests 1000000;'} }
      ${how.http ?? ''}
      server {
        listen 127.0.0.1:${ports[name]} backlog=4096
          ${load.secure ? 'ssl http2' : ''};
        location / {
          ${how.location ?? ''}
          proxy_pass ${scheme}://origin; proxy_ssl_session_reuse on;
          proxy_cache c; proxy_cache_key ${key}; ${valid}
        }
      }
    }`;
}

function run(worker, port, {uri, count, secure}, flags = ['--h1']) {
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}${uri}`;
  const before = cpuTimeOf(worker);
  const report = execFileSync('h2load',
    ['-n', String(count), '-c', '16', ...flags, url], {encoding: 'utf8'});
  if (!report.includes(` ${count} 2xx,`)) throw new Error(report);
  return (cpuTimeOf(worker) - before) / count / 1000;
}

async function measure(setting, number, ports) {
  const sides = {};
  for (const side of ['on', 'off']) {
    const name = `${side}-${number}`;
    ports[name] = await freePort();
    // Where "off" says nothing of the upstream, it has nothing.
    const how = 'upstream' in setting.on && side === 'off'
      ? {...setting.off, upstream: ''} : setting[side];
    const worker = await startNginx(name,
      configurationOf(name, setting, how, ports), ports[name]);
    sides[side] = {worker, port: ports[name], flags: how.flags, costs: []};
    run(worker, ports[name], {...setting.load, count: 64}, how.flags);
  }
  for (let round = 0; round < Number(rounds); ++round) {
    const order = round % 2 ? ['off', 'on'] : ['on', 'off'];
    for (const side of order) {
      const {worker, port, flags, costs} = sides[side];
      costs.push(run(worker, port, setting.load, flags));
    }
  }
  const {on, off} = sides;
  const ratios = on.costs.map((cost, i) => cost / off.costs[i]);
  const [low, middle, high] = [.25, .5, .75].map((q) => quantile(ratios, q));
  console.log(setting.name.padEnd(36),
    quantile(on.costs, .5).toFixed(1).padStart(9),
    quantile(off.costs, .5).toFixed(1).padStart(9),
    `  ${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`);
}

try {
  writeFiles();
  const ports = {http: await freePort(), https: await freePort()};
  await startNginx('origin', `${mainOf('origin')}
    http { access_log off; ${temporaryOf('origin')} sendfile on;
      keepalive_requests 100000000;
      ssl_certificate cert.pem; ssl_certificate_key key.pem;
      ssl_session_cache shared:s:1m;
      server { listen 127.0.0.1:${ports.http} backlog=4096;
        listen 127.0.0.1:${ports.https} ssl backlog=4096; root origin; } }`,
  ports.https);
  console.log('setting                               us/req on       off   on / off');
  for (const [i, setting] of SETTINGS.entries()) {
    if (wanted && !setting.name.includes(wanted)) continue;
    await measure(setting, i, ports);
  }
} finally {
  await end();
  fs.rmSync(ELSEWHERE, {recursive: true});
}

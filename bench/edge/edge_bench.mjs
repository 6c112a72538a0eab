#!/usr/bin/env node
// What the door costs a cache hit over each protocol that viewers speak: the
// same nginx and the same cached object with no check, with secure_link, with
// auth_request and with this module, in turn, over HTTP/1.1, HTTP/1.1 in TLS and
// HTTP/2. Requests come from h2load (Debian: nghttp2-client). Numbers are in
// docs/performance.md; bench/door/hit_bench is finer for plain HTTP/1.1.
//
//   edge_bench.mjs MODULE.so [ROUNDS [REQUESTS]]
//
// The program usher is the one beside the module, or $USHER.
// One worker per nginx. A request's cost is the time that worker was on a
// processor, which other load on the machine hardly changes; requests per second
// are those that h2load, on the other core, gets answered.
import {execFileSync} from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {at, cpuTimeOf, directory, end, freePort, mainOf, quantile, startNginx,
  temporaryOf, writeCertificate} from './boxes.mjs';

const [module, rounds = '5', requests = '4000'] = process.argv.slice(2);
if (module === undefined) {
  console.error('usage: edge_bench.mjs MODULE.so [ROUNDS [REQUESTS]]');
  process.exit(2);
}
const SIZES = [4 << 10, 64 << 10, 1 << 20];
const PROTOCOLS = [
  {name: 'HTTP/1.1', scheme: 'http', flags: ['--h1']},
  {name: 'TLS, HTTP/1.1', scheme: 'https', flags: ['--h1']},
  {name: 'TLS, HTTP/2', scheme: 'https', flags: ['-m', '4']},
];

function writeFiles() {
  fs.mkdirSync(at('origin/film'), {recursive: true});
  for (const size of SIZES) {
    fs.writeFileSync(at(`origin/film/${size}.m4s`), Buffer.alloc(size, 'x'));
  }
  writeCertificate();
  usher('ticket', 'keygen', '--out', '.');
  fs.writeFileSync(at('secrets'), `1:${crypto.randomBytes(32).toString('hex')}\n`,
    {mode: 0o400});
}

function usher(...args) {
  const program = path.resolve(process.env.USHER ??
    path.join(path.dirname(module), 'usher'));
  return execFileSync(program, args, {cwd: directory, encoding: 'utf8'}).trim();
}

function doors(origin) {
  const plain = (uri) => [uri];
  const signed = (uri) => {
    const expires = '4102444800';
    const md5 = crypto.createHash('md5').update(`${expires}${uri} secret`);
    return [`${uri}?md5=${md5.digest('base64url')}&expires=${expires}`];
  };
  return [
    {name: 'stock', key: '$uri', location: '', targets: plain},
    {name: 'secure_link', key: '$uri', targets: signed, location: `
      secure_link $arg_md5,$arg_expires;
      secure_link_md5 "$secure_link_expires$uri secret";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 410; }`},
    {name: 'auth_request', key: '$uri', targets: plain,
      location: 'auth_request /auth;', server: `location = /auth { internal;
        proxy_pass http://origin/auth; proxy_pass_request_body off;
        proxy_set_header Content-Length ""; }`},
    {name: 'usher', key: '$usher_cache_key', location: 'usher on;',
      load: `load_module ${path.resolve(module)};`,
      http: `usher_zone 16m; usher_ticket_keys jwks.json;
        usher_session_secrets secrets;`,
      targets: (uri, door) => door.sessions.map((session) => session + uri)},
  ].map((door) => ({...door, origin}));
}

function configurationOf(door) {
  return `${door.load ?? ''} ${mainOf(door.name)}
    http {
      access_log off; sendfile on; tcp_nodelay on; ${temporaryOf(door.name)}
      keepalive_requests 100000000; open_file_cache max=100;
      ssl_certificate cert.pem; ssl_certificate_key key.pem;
      proxy_cache_path cache-${door.name} keys_zone=c:10m inactive=1d
        use_temp_path=off;
      proxy_http_version 1.1; proxy_set_header Connection "";
      ${door.http ?? ''}
      upstream origin { server 127.0.0.1:${door.origin}; keepalive 64; }
      server {
        listen 127.0.0.1:${door.http1} backlog=4096;
        listen 127.0.0.1:${door.https} ssl http2 backlog=4096;
        ${door.server ?? ''}
        location / {
          ${door.location}
          proxy_pass http://origin; proxy_cache c; proxy_cache_key ${door.key};
          proxy_cache_valid 200 1d;
        }
      }
    }`;
}

async function startDoor(door) {
  door.http1 = await freePort();
  door.https = await freePort();
  door.worker = await startNginx(door.name, configurationOf(door), door.http1);
  if (door.name === 'usher') door.sessions = await sessionsOf(door.http1);
  return door;
}

// As viewers get theirs: a ticket each, and where it leads.
async function sessionsOf(port) {
  const sessions = [];
  for (let i = 0; i < 16; ++i) {
    const ticket = usher('ticket', 'issue', '--key', 'ticket-key.pem', '--event',
      'film', '--subject', `order-${i}`, '--expires', '6h');
    const answer = await fetch(
      `http://127.0.0.1:${port}/film/${SIZES[0]}.m4s?ticket=${ticket}`,
      {redirect: 'manual'});
    sessions.push(/^\/s\/[^/]+/.exec(answer.headers.get('location'))[0]);
  }
  return sessions;
}

function run(door, protocol, size, count) {
  const port = protocol.scheme === 'http' ? door.http1 : door.https;
  const uris = door.targets(`/film/${size}.m4s`, door)
    .map((uri) => `${protocol.scheme}://127.0.0.1:${port}${uri}\n`);
  fs.writeFileSync(at('uris'), uris.join(''));
  const before = cpuTimeOf(door.worker);
  const report = execFileSync('h2load', ['-n', String(count), '-c', '32',
    ...protocol.flags, '-i', at('uris')], {encoding: 'utf8'});
  const cpu = (cpuTimeOf(door.worker) - before) / count / 1000;
  if (!report.includes(` ${count} 2xx,`)) {
    throw new Error(`${door.name} over ${protocol.name} refused:\n${report}`);
  }
  return {cpu, rate: Number(/([\d.]+) req\/s/.exec(report)[1])};
}

function measure(all, protocol, size) {
  const count = size > 100000 ? Math.ceil(requests / 8) : Number(requests);
  const costs = new Map(all.map((door) => [door.name, []]));
  for (const door of all) run(door, protocol, size, 64);  // the object is there
  for (let round = 0; round < Number(rounds); ++round) {
    // Whoever is first finds colder caches: each is once.
    const turn = round % all.length;
    for (const door of [...all.slice(turn), ...all.slice(0, turn)]) {
      costs.get(door.name).push(run(door, protocol, size, count));
    }
  }
  for (const [name, runs] of costs) {
    const stock = costs.get('stock');
    console.log(protocol.name.padEnd(14), String(size).padStart(8),
      name.padEnd(13),
      quantile(runs.map(({cpu}) => cpu), .5).toFixed(1).padStart(9),
      quantile(runs.map(({rate}) => rate), .5).toFixed(0).padStart(8),
      spreadOf(runs.map(({cpu}, i) => stock[i].cpu / cpu)),
      spreadOf(runs.map(({rate}, i) => rate / stock[i].rate)));
  }
}

// Of each round's own pair, so that what disturbs both cancels out.
function spreadOf(ratios) {
  const [low, middle, high] =
    [.25, .5, .75].map((q) => quantile(ratios, q).toFixed(3));
  return `  ${middle} (${low} to ${high})`;
}

try {
  writeFiles();
  const origin = await freePort();
  await startNginx('origin', `${mainOf('origin')}
    http { access_log off; ${temporaryOf('origin')}
      keepalive_requests 100000000;
      server { listen 127.0.0.1:${origin}; root origin;
        location = /auth { return 204; } } }`, origin);
  const all = [];
  for (const door of doors(origin)) all.push(await startDoor(door));
  console.log('protocol          bytes door          CPU us/req   req/s',
    '  stock\'s CPU / its own   its req/s / stock\'s');
  for (const protocol of PROTOCOLS) {
    for (const size of SIZES) measure(all, protocol, size);
  }
} finally {
  await end();
}

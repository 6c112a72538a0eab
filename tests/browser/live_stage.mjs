// What a live event runs on, each part a process that a test can kill: an
// encoder that connects again like OBS, the packager, an origin and an edge,
// both of them config/nginx.conf.example. Everything ends with the test.
// Processes stand by their names: encoder, packager, origin, edge, disk.
import {execFileSync, spawn} from 'node:child_process';
import {createPrivateKey, randomUUID} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {
  buildDirectory, freePorts, root, signEs256, until, usher, withDirectory,
} from './harness.mjs';

export const kEvent = 'fight-night';
const kIngest = {user: 'demo', password: 'a-long-ingest-password'};
// Small pictures: what is tested is who lives through what. Two cores run it.
const kSmall = ['-s', '352x198', '-r', '15', '-g', '30', '-preset', 'ultrafast',
  '-b:v', '300k'];

// Runs `test` with an event that has begun. Options:
//   scheme   of the encryption (default: none)
//   udp      take MPEG-TS over UDP instead of RTMP
//   put      publish by PUT, not to a directory
//   disk     size of a disk of its own for the media
//   clock    let the test set the packager's clock (set_clock.c)
//   encoder  further options for FFmpeg
export function withStage(options, test) {
  return withDirectory(async (directory) => {
    const stage = new Stage(directory, options);
    try {
      await stage.open();
      await test(stage);
    } catch (error) {
      error.message += `\n${stage.logs()}`;
      throw error;
    } finally {
      await stage.close();
    }
    stage.expectCleanLogs();
  });
}

class Stage {
  #processes = {};
  #wanted = false;

  constructor(directory, options) {
    this.directory = directory;
    this.options = {scheme: 'none', put: false, encoder: [], ...options};
    this.media = this.#below('data/media');
    [this.originPort, this.ingestPort, this.edgePort, this.inputPort] =
      freePorts(4);
    this.edge = `https://127.0.0.1:${this.edgePort}`;
  }

  async open() {
    this.#makeDirectories();
    this.#makeSecrets();
    if (this.options.disk) await this.#mountDisk(this.options.disk);
    for (const role of ['origin', 'edge']) this.#configure(role);
    await Promise.all([this.startOrigin(), this.#startEdge()]);
    this.startPackager();
    this.startEncoder();
    await this.waitForSegment(4);
  }

  async close() {
    this.#wanted = false;
    for (const name of ['encoder', 'packager', 'edge', 'origin', 'disk']) {
      await this.stop(name);
    }
  }

  waitForSegment(number) {
    return until(() => fs.existsSync(this.eventFile(`v198/${number}.m4s`)));
  }

  // As seen by the packager and the origin.
  eventFile(name) {
    const disk = this.#processes.disk;
    const media = disk ? `/proc/${disk.pid}/root${this.media}` : this.media;
    return path.join(media, kEvent, name);
  }

  url(name) {
    return `${this.edge}/${kEvent}/${name}?ticket=${this.#ticket()}`;
  }

  watchUrl() {
    return `${this.edge}/usher/watch/#event=${kEvent}&ticket=${this.#ticket()}`;
  }

  #ticket() {
    const pem = fs.readFileSync(this.#below('etc/ticket-key.pem'));
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return signEs256(createPrivateKey(pem), 'shop',
      {sub: randomUUID(), event: kEvent, exp});
  }

  startEncoder() {
    this.#wanted = true;
    const child = this.#run('encoder', [
      path.join(root, 'scripts/test_encoder.sh'), this.#input(), ...kSmall,
      ...this.options.encoder]);
    // As encoders do: again, until they are told to stop.
    child.once('exit', () => setTimeout(() => {
      if (this.#wanted && this.#processes.encoder === child) {
        this.startEncoder();
      }
    }, 500));
  }

  async stopEncoder() {
    this.#wanted = false;
    await this.stop('encoder', 'SIGKILL');
  }

  startPackager() {
    const {clock} = this.options;
    const env = clock && {LD_PRELOAD: path.join(buildDirectory(),
      'tests/browser/set_clock.so'), USHER_TEST_CLOCK: this.#below('clock')};
    if (clock) this.setClock(0);
    this.#run('packager', this.#packagerCommand(), {log: 'live.log', env});
  }

  // By so many seconds the packager's clock is ahead.
  setClock(seconds) {
    const file = this.#below('clock');
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: the library has it mapped.
    const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT);
    fs.writeSync(fd, bytes, 0, 8, 0);
    fs.closeSync(fd);
  }

  async startOrigin() {
    this.#run('origin', this.#nginx('origin'));
    await this.#answers('origin', `http://127.0.0.1:${this.originPort}/`);
  }

  async reloadOrigin() {
    const workers = this.#childrenOf('origin');
    this.#processes.origin.kill('SIGHUP');
    await until(() => this.#childrenOf('origin').some(
      (pid) => !workers.includes(pid)));
  }

  // Leaves no byte free for `test`.
  async withFullDisk(test) {
    const ballast = this.eventFile('../ballast');
    const fd = fs.openSync(ballast, 'w');
    const fill = (bytes) => {
      try {
        while (fs.writeSync(fd, bytes) === bytes.length);
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
      }
    };
    fill(Buffer.alloc(1 << 20));
    const again = setInterval(() => fill(Buffer.alloc(4096)), 100);
    try {
      await test();
    } finally {
      clearInterval(again);
      fs.closeSync(fd);
      fs.rmSync(ballast);
    }
  }

  // The end of the event; then what is left is judged.
  async end() {
    this.#wanted = false;
    await this.stop('packager', 'SIGTERM');
    await this.stop('encoder', 'SIGKILL');
  }

  inspect(name) {
    const program = path.join(buildDirectory(), 'usher');
    try {
      return execFileSync(program, ['inspect', this.eventFile(name)],
        {encoding: 'utf8'});
    } catch ({stdout, stderr}) {
      throw new Error(`inspect ${name}: ${stdout}${stderr}`);
    }
  }

  async stop(name, signal = 'SIGTERM') {
    const child = this.#processes[name];
    if (!child || this.#ended(name)) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  log(name) {
    const file = this.#below(`logs/${name}`);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  logs() {
    const newest = (name) => this.log(name).split('\n').slice(-15).join('\n');
    return ['live.log', 'origin-error.log', 'edge-error.log', 'edge-access.log']
      .map((name) => `${name}:\n${newest(name)}`).join('\n');
  }

  expectCleanLogs() {
    for (const role of ['origin', 'edge']) {
      const loud = this.log(`${role}-error.log`).split('\n').filter((line) =>
        /\[(alert|emerg)\]/.test(line));
      if (loud.length) throw new Error(`${role} logged:\n${loud.join('\n')}`);
    }
  }

  #below(name) {
    return path.join(this.directory, name);
  }

  #input() {
    return this.options.udp ? `udp://127.0.0.1:${this.inputPort}` :
      `rtmp://127.0.0.1:${this.inputPort}/live/correct-horse`;
  }

  #packagerCommand() {
    const {put, scheme} = this.options;
    const output = put ? `https://127.0.0.1:${this.ingestPort}/media` :
      this.media;
    return [path.join(buildDirectory(), 'usher'), 'live', this.#input(),
      '--event', kEvent, '--output', output, '--encryption', scheme,
      '--part-duration', '0.5', '--state', this.#below('state'),
      '--key-store', this.#below('keys'),
      '--master-key', this.#below('etc/master.key'),
      ...(scheme === 'none' ? [] : ['--key-output', this.#below('data/keys')]),
      ...(put ? ['--spool', this.#below('spool'),
        '--ca-file', this.#below('etc/tls/fullchain.pem'),
        '--output-credentials', this.#below('etc/credentials')] : [])];
  }

  // In the mount namespace of the stage's disk, where there is one.
  #run(name, argv, {log = `${name}.log`, env} = {}) {
    const {disk} = this.#processes;
    const inside = disk && name !== 'encoder' ?
      ['nsenter', '-m', '-t', String(disk.pid)] : [];
    const out = fs.openSync(this.#below(`logs/${log}`), 'a');
    const [program, ...rest] =
      ['setpriv', '--pdeathsig', 'TERM', ...inside, ...argv];
    const child = spawn(program, rest,
      {stdio: ['ignore', out, out], env: {...process.env, ...env}});
    fs.closeSync(out);
    this.#processes[name] = child;
    return child;
  }

  #ended(name) {
    const {exitCode, signalCode} = this.#processes[name];
    return exitCode !== null || signalCode !== null;
  }

  async #answers(name, url) {
    await until(async () => {
      if (this.#ended(name)) throw new Error(`${name}: ${this.log(name)}`);
      return fetch(url).then(() => true, () => false);
    });
  }

  #childrenOf(name) {
    const {pid} = this.#processes[name];
    const text =
      fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text ? text.split(' ') : [];
  }

  #makeDirectories() {
    for (const name of ['data/media', 'data/keys', 'data/state', 'etc/tls',
      'logs', 'cache-origin', 'cache-edge', 'run']) {
      fs.mkdirSync(this.#below(name), {recursive: true});
    }
    if (isRoot()) {
      for (const name of ['data', 'data/media', 'data/keys', 'data/state',
        'cache-origin', 'cache-edge']) {
        execFileSync('chown', ['www-data:www-data', this.#below(name)]);
      }
      // What the packager puts there is for nginx's workers.
      execFileSync('chmod', ['g+s', this.#below('data/keys')]);
    }
  }

  #makeSecrets() {
    const etc = this.#below('etc');
    usher(['ticket', 'keygen', '--kid', 'shop', '--private',
      `${etc}/ticket-key.pem`, '--jwks', `${etc}/ticket-keys.json`]);
    const write = (name, text) =>
      fs.writeFileSync(`${etc}/${name}`, text, {mode: 0o640});
    const {user, password} = kIngest;
    write('session-secrets', `1:${'7c'.repeat(32)}\n`);
    write('control-secret', `${'5a'.repeat(32)}\n`);
    write('master.key', `${'3f'.repeat(32)}\n`);
    write('ingest.htpasswd', `${user}:{PLAIN}${password}\n`);
    write('credentials', `* basic ${user}:${password}\n`);
    execFileSync('openssl', ['req', '-x509', '-nodes', '-newkey', 'ec',
      '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2', '-subj',
      '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout',
      `${etc}/tls/privkey.pem`, '-out', `${etc}/tls/fullchain.pem`],
    {stdio: 'ignore'});
    if (isRoot()) {
      for (const name of fs.readdirSync(etc)) {
        execFileSync('chgrp', ['www-data', `${etc}/${name}`]);
      }
    }
  }

  // Both roles are the example for one box; what differs is whose origin the
  // edge asks.
  #configure(role) {
    const is_edge = role === 'edge';
    let count = 0;
    const unused = () => `unix:${this.#below(`run/${role}-${++count}`)}`;
    const on = (port, wanted) => wanted ? `127.0.0.1:${port}` : unused();
    const below = (name) => this.#below(name);
    const replaced = [
      ...(isRoot() ? [] : [[/^user .*$/m, '']]),
      [/\/usr\/lib\/nginx\/modules\//g, `${buildDirectory()}/`],
      [/\/usr\/share\/usher\//g, `${buildDirectory()}/web/`],
      [/\/var\/lib\/usher\/state\/(edge|drain)/g, below(`data/state/${role}-$1`)],
      [/\/var\/lib\/usher/g, below('data')],
      [/\/etc\/usher/g, below('etc')],
      [/\/var\/cache\/nginx/g, below(`cache-${role}`)],
      [/\/var\/log\/nginx\/usher-audit/g, below(`logs/${role}-audit`)],
      [/\/var\/log\/nginx\//g, below(`logs/${role}-`)],
      [/\/run\/nginx.pid/g, below(`run/${role}.pid`)],
      [/worker_processes auto/, 'worker_processes 2'],
      [/server_name video\.example\.com;/g, 'server_name 127.0.0.1;'],
      [/listen \[::\].*$/gm, ''],
      [/listen 80;/, `listen ${unused()};`],
      [/listen 443 /, `listen ${on(this.edgePort, is_edge)} `],
      [/listen 8444 /, `listen ${on(this.ingestPort, !is_edge)} `],
      [/listen 127\.0\.0\.1:8081/,
        `listen ${on(this.originPort, !is_edge)}`],
      [/server 127\.0\.0\.1:8081/, `server 127.0.0.1:${this.originPort}`],
      [/listen 127\.0\.0\.1:8090/, `listen ${unused()}`],
    ];
    let text =
      fs.readFileSync(path.join(root, 'config/nginx.conf.example'), 'utf8');
    for (const [from, to] of replaced) text = text.replace(from, to);
    fs.writeFileSync(this.#below(`${role}.conf`), text);
  }

  #nginx(role) {
    return ['nginx', '-p', this.directory, '-c', this.#below(`${role}.conf`),
      '-e', this.#below(`logs/${role}-error.log`), '-g', 'daemon off;'];
  }

  async #startEdge() {
    this.#run('edge', this.#nginx('edge'));
    await until(async () => {
      if (this.#ended('edge')) throw new Error(`edge: ${this.log('edge.log')}`);
      try {
        execFileSync('curl', ['-ks', '-o', '/dev/null', this.edge]);
        return true;
      } catch {
        return false;
      }
    });
  }

  // A disk of this size, seen by those who run in its mount namespace only.
  async #mountDisk(size) {
    const ready = this.#below('run/disk');
    const owner = isRoot() ? ',uid=www-data,gid=www-data,mode=755' : '';
    this.#run('disk', ['unshare', '-m', 'sh', '-c',
      `mount -t tmpfs -o size=${size}${owner} tmpfs ${this.media} &&` +
      ` touch ${ready} && exec sleep infinity`]);
    await until(() => fs.existsSync(ready) || this.#ended('disk'));
    if (this.#ended('disk')) throw new Error(this.log('disk.log'));
  }
}

// Whether this process may have a mount namespace with a disk of its own.
export function mayMount() {
  try {
    execFileSync('unshare',
      ['-m', 'sh', '-c', 'mount -t tmpfs -o size=4k tmpfs /mnt'],
      {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
}

function isRoot() {
  return process.getuid() === 0;
}

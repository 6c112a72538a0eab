// What the browser tests stand on: a demo with the module in front of a
// packaged clip, and a Chromium to watch it with. Everything a test starts
// ends with it; every wait is for a condition.
import {execFileSync, spawn} from 'node:child_process';
import {createPrivateKey, randomUUID, sign} from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.join(here, '../..');
const kModules = [
  path.join(here, 'node_modules'), path.join(root, 'web/node_modules')];
export const kWait = 60_000;

const kTypes = {
  '.m3u8': 'application/vnd.apple.mpegurl', '.mpd': 'application/dash+xml',
  '.mp4': 'video/mp4', '.m4s': 'video/mp4', '.ts': 'video/mp2t',
  '.vtt': 'text/vtt', '.jpg': 'image/jpeg',
};

const kChromiumArguments = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
];

// Runs `test` with a fresh directory that workers of nginx can enter.
export async function withDirectory(test) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'usher-browser-'));
  fs.chmodSync(directory, 0o755);
  try {
    return await test(directory);
  } finally {
    fs.rmSync(directory, {recursive: true, force: true});
  }
}

// A short film whose every frame differs from the one before.
export function makeFilm(directory, seconds = 16) {
  const film = path.join(directory, 'fight-night.mp4');
  const font = '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf';
  execFileSync('ffmpeg', [
    '-v', 'error', '-nostdin', '-f', 'lavfi',
    '-i', `testsrc2=size=640x360:rate=24:duration=${seconds}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`,
    '-vf', `drawtext=fontfile=${font}:fontsize=64:x=40:y=150:text='%{pts}'`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '48', '-pix_fmt',
    'yuv420p', '-c:a', 'aac', '-shortest', film,
  ]);
  return film;
}

// Runs `test` with a demo that serves a film under `encryption`, packaged with
// further `flags`; or a live event.
export function withDemo(encryption, test, flags = [], {live = false} = {}) {
  return withDirectory(async (directory) => {
    // Longer than any test plays, also where the machine stands still.
    const media = live ? '--live' : makeFilm(directory, 30);
    const demo = await Demo.start(directory, media, encryption, flags);
    try {
      await test(demo);
    } finally {
      await demo.stop();
    }
    demo.expectCleanLogs();
  });
}

class Demo {
  static async start(directory, media, encryption, flags) {
    const demo = new Demo();
    demo.prefix = path.join(directory, 'demo');
    const ready = path.join(directory, 'ready.json');
    demo.process = spawn(path.join(root, 'scripts/demo.sh'), [
      media, '--encryption', encryption,
      '--prefix', demo.prefix, '--ready-file', ready, '--port', portBlock(),
      '--', ...(media === '--live' ? [] : ['--verify']), ...flags,
    ], {stdio: ['ignore', 'ignore', 'pipe'], env: {
      ...process.env, USHER_BUILD_DIR: buildDirectory(),
    }});
    demo.#collectErrors();
    await until(() => fs.existsSync(ready) || demo.#ended());
    if (demo.#ended()) throw new Error(`demo.sh ended:\n${demo.errors}`);
    Object.assign(demo, JSON.parse(fs.readFileSync(ready)));
    return demo;
  }

  async stop() {
    if (this.#ended()) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await gone;
  }

  // A ticket as a shop would sign it; `claims` overrides what is usual.
  // Each ticket is another one: its seats are nobody else's.
  sell(claims = {}) {
    const pem = fs.readFileSync(path.join(this.prefix, 'shop/ticket-key.pem'));
    const now = Math.floor(Date.now() / 1000);
    return signEs256(createPrivateKey(pem), 'demo-shop',
      {sub: `browser-${randomUUID()}`, event: this.event, exp: now + 3600,
        ...claims});
  }

  watchUrl(ticket, fragment = '') {
    return `${this.edge}/usher/watch/#event=${this.event}` +
      `&ticket=${ticket}${fragment}`;
  }

  async status() {
    const answer = await fetch(this.metrics.replace(/metrics$/, 'status'));
    return answer.json();
  }

  // What who runs the box says; `resource` below the control location.
  async order(method, resource, body) {
    const secret = fs.readFileSync(this.control_secret, 'utf8').trim();
    const answer = await fetch(`${this.control}/${resource}`, {
      method, body: JSON.stringify(body),
      headers: {'Authorization': `Bearer ${secret}`},
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  log(name) {
    return fs.readFileSync(path.join(this.prefix, 'logs', name), 'utf8');
  }

  expectCleanLogs() {
    const loud = this.log('error.log').split('\n')
      .filter((line) => /\[(alert|emerg|crit)\]/.test(line));
    if (loud.length) throw new Error(`nginx logged:\n${loud.join('\n')}`);
    for (const name of ['access.log', 'error.log']) {
      const secret = /eyJ[\w-]{10}|\/s\/[\w-]{70}/.exec(this.log(name));
      if (secret) throw new Error(`${name} holds a ticket or session`);
    }
  }

  #collectErrors() {
    this.errors = '';
    this.process.stderr.on('data', (text) => this.errors += text);
  }

  #ended() {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }
}

export function signEs256(key, kid, claims) {
  const encode = (value) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({alg: 'ES256', kid, typ: 'JWT'})}.${encode(claims)}`;
  const signature = sign('sha256', text, {key, dsaEncoding: 'ieee-p1363'});
  return `${text}.${signature.toString('base64url')}`;
}

// Runs `test` with a browser page of a profile of its own.
export async function withPage(test, {viewport, autoplay = true} = {}) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...kChromiumArguments,
      ...(autoplay ? ['--autoplay-policy=no-user-gesture-required'] : [])],
  });
  try {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: viewport ?? {width: 1280, height: 800},
    });
    const page = await context.newPage();
    page.setDefaultTimeout(kWait);
    page.said = [];
    page.on('console', (message) => page.said.push(message.text()));
    page.on('pageerror', (error) => page.said.push(`uncaught ${error}`));
    await test(page);
  } finally {
    await browser.close();
  }
}

// Resolves when the page's video has presented `seconds` of media: time went
// on *and* new frames were composited (requestVideoFrameCallback), as many as
// five a second make. A busy machine drops frames, so it may take longer. Under
// EME a canvas stays black, so this, and screenshots, are the only witnesses.
export async function expectPlays(page, seconds = 5) {
  const video = page.locator('video');
  await video.waitFor({state: 'attached'});
  const played = page.evaluate(watchFrames, {seconds, wait: kWait});
  await played.catch((error) => {
    throw new Error(`${error.message}\npage said:\n${page.said.join('\n')}`);
  });
  await expectMoves(video);
}

// In the page: counts frames until `seconds` of media have been presented.
function watchFrames({seconds, wait}) {
  return new Promise((resolve, reject) => {
    const video = document.querySelector('video');
    let first = null;
    let last = null;
    let lastAt = null;
    let frames = 0;
    const onFrame = (at, {mediaTime}) => {
      // A player that has just been restarted jumps to where it was. A machine
      // that stood still jumps by the time it stood.
      const jump = mediaTime - last;
      const stood = jump > 0 && jump < (at - lastAt) / 1000 + 0.5;
      if (last === null || (Math.abs(jump) > 1 && !stood)) {
        first = mediaTime;
        frames = 0;
      }
      last = mediaTime;
      lastAt = at;
      frames++;
      const advanced = mediaTime - first;
      if (advanced >= seconds && frames >= seconds * 5) return resolve();
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    setTimeout(() => reject(new Error(
      `no ${seconds} s of pictures: ${frames} frames, at ${video.currentTime}` +
      `, ready ${video.readyState}, ${document.documentElement.innerText}`)),
    wait);
  });
}

// Screenshots of a playing picture differ, and none is one flat colour. On a
// busy machine the second may still show what the first one did.
async function expectMoves(video) {
  const before = await video.screenshot();
  let after = before;
  const pictureMoves = async () => {
    after = await video.screenshot();
    return !before.equals(after);
  };
  await until(pictureMoves);
  if (after.length < 8000) throw new Error('the picture is blank');
}

// Serves `html` and the dist folders of players, from an origin of its own: so
// what a player asks of the edge is cross-site, as on an organiser's page.
export async function withPlayerSite(html, test) {
  const server = http.createServer((request, response) => {
    const {pathname} = new URL(request.url, 'http://site');
    if (pathname === '/') {
      response.writeHead(200, {'content-type': 'text/html'}).end(html);
      return;
    }
    const file = kModules.map((folder) =>
      path.join(folder, path.normalize(pathname))).find(fs.existsSync) ?? '';
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, {'content-type': 'text/javascript'});
    fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await test(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
}

// Packages a film with `flags` below `base`; content keys lie where playlists
// say. Returns the event's directory.
export function packageFilm(base, flags, seconds) {
  const store = path.join(base, 'keys');
  const output = path.join(base, 'media');
  const usher = (...words) => execFileSync(
    path.join(buildDirectory(), 'usher'), [...words, '--key-store', store],
    {encoding: 'utf8'});
  usher('package', makeFilm(base, seconds), '--output', output, '--event',
    'film', '--segment-duration', '2', '--verify', '--quiet', ...flags);
  const event = path.join(output, 'film');
  if (!fs.existsSync(store)) return event;
  const lines = usher('key', 'export', '--event', 'film').trim();
  fs.mkdirSync(path.join(event, 'key'));
  for (const line of lines.split('\n')) {
    const [kid, key] = line.split(':');
    fs.writeFileSync(path.join(event, 'key', kid), Buffer.from(key, 'hex'));
  }
  return event;
}

// Runs `usher` with `argv`; throws what it says where it fails, or where it
// finds an error in what it packaged.
export function usher(argv) {
  const judged = argv[0] === 'package' ? ['--verify'] : [];
  execFileSync(path.join(buildDirectory(), 'usher'), [...argv, ...judged]);
}

// Runs `test` with the URL of a film packaged with `flags`, served as any web
// server would, byte ranges and all.
export function withPackagedFilm(flags, test) {
  return withDirectory(
    (directory) => withFiles(packageFilm(directory, flags), test));
}

// Serves a packaged event to any web origin.
export async function withFiles(directory, test) {
  const server = http.createServer((request, response) => {
    const {pathname} = new URL(request.url, 'http://site');
    const file = path.join(directory, path.normalize(pathname));
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    const size = fs.statSync(file).size;
    const headers = {
      'access-control-allow-origin': '*', 'access-control-allow-headers': '*',
      'content-type': kTypes[path.extname(file)] ?? 'application/octet-stream',
    };
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(Number(range?.[2] || size - 1), size - 1);
    if (range) headers['content-range'] = `bytes ${start}-${end}/${size}`;
    headers['content-length'] = end - start + 1;
    response.writeHead(range ? 206 : 200, headers);
    if (request.method !== 'GET') return response.end();
    fs.createReadStream(file, {start, end}).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await test(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
}

export async function until(condition, wait = kWait, pause = 25) {
  const end = Date.now() + wait;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

export function freePorts(count) {
  const ports = execFileSync('node', [
    path.join(root, 'scripts/free_ports.mjs'), portBlock(), String(count),
  ], {encoding: 'utf8'});
  return ports.trim().split(' ').map(Number);
}

// Tests run side by side, so each looks for its ports in a block of its own.
function portBlock() {
  return String(20_000 + process.pid % 1000 * 10);
}

// The programs under test; CMake names the directory.
export function buildDirectory() {
  return process.env.USHER_BUILD_DIR ?? path.join(root, 'build/dev');
}

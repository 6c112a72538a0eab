// Watches a running demo as a viewer and as somebody without a ticket would.
// Prints a line per finding; exits 1 if one is bad.
//
//   node scripts/check_playback.mjs READY_FILE
//
// NODE_EXTRA_CA_CERTS names the demo's own certificate.
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';

const ready = JSON.parse(fs.readFileSync(process.argv[2]));
const kDecodedSeconds = 4;
let failures = 0;

await check('without a ticket: 401 and a problem that says so', async () => {
  const answer = await get(withoutQuery(ready.hls));
  equal(answer.status, 401);
  equal(answer.headers.get('content-type'), 'application/problem+json');
  equal(answer.headers.get('access-control-allow-origin'), '*');
  equal((await answer.json()).code, 'ticket_missing');
});

await check('with a ticket: 302 to a session of its own', async () => {
  const answer = await get(ready.hls);
  equal(answer.status, 302);
  const location = answer.headers.get('location');
  if (!location.startsWith('/s/')) throw new Error(`Location: ${location}`);
});

const masters = [ready.hls, ready.hls_clearkey, ready.dash].filter(Boolean);
for (const master of masters) {
  await check(`every URI of ${name(master)} answers`, async () => {
    const {count, keys} = await crawl(await follow(master));
    return `${count} URIs, ${keys} keys`;
  });
}

await check('a segment fetched again comes from the cache', async () => {
  const segment = await firstSegment(await follow(ready.hls));
  await (await get(segment)).arrayBuffer();
  equal((await get(segment)).headers.get('x-cache'), 'HIT');
});

await check('a key is in no shared cache', async () => {
  const playlist = await mediaPlaylist(await follow(ready.hls));
  const key = urisOf(playlist).find((uri) => uri.includes('/key/'));
  if (!key) return 'nothing is encrypted';
  const answer = await get(key);
  equal(answer.headers.get('cache-control'), 'private, max-age=300');
  equal(answer.headers.get('x-cache'), null);
});

await check('FFmpeg decodes the picture through the edge', () => {
  const hashes = execFileSync('ffmpeg', [
    '-v', 'error', '-nostdin', '-i', ready.hls, '-t', `${kDecodedSeconds}`,
    '-map', '0:v:0', '-f', 'framemd5', '-',
  ], {encoding: 'utf8'}).split('\n').filter((line) => /^\d/.test(line));
  const different = new Set(hashes.map((line) => line.split(',').pop())).size;
  if (different < 2) throw new Error(`only ${different} different frames`);
  return `${hashes.length} frames`;
});

process.exit(failures ? 1 : 0);

async function check(what, finding) {
  try {
    const detail = await finding();
    console.log(`ok    ${what}${detail ? ` (${detail})` : ''}`);
  } catch (error) {
    failures++;
    const line = (error.stderr || error.message).toString().split('\n')[0];
    console.log(`FAIL  ${what}: ${line}`);
  }
}

function equal(actual, expected) {
  if (actual !== expected) throw new Error(`${actual}, not ${expected}`);
}

function get(url) {
  return fetch(url, {redirect: 'manual'});
}

// The playlist's address within the session.
async function follow(url) {
  return (await fetch(url, {method: 'HEAD'})).url;
}

// Fetches a playlist and everything it names, once each.
async function crawl(start) {
  const seen = new Set([start]);
  let keys = 0;
  for (const url of seen) {
    const answer = await get(url);
    if (answer.status !== 200) {
      throw new Error(`${answer.status} for ${name(url)}`);
    }
    const body = Buffer.from(await answer.arrayBuffer());
    if (url.includes('/key/')) {
      keys++;
      equal(body.length, 16);
    } else if (/\.(m3u8|mpd)$/.test(url)) {
      urisOf({url, text: body.toString()}).forEach((uri) => seen.add(uri));
    }
  }
  return {count: seen.size, keys};
}

async function mediaPlaylist(master) {
  const text = await (await get(master)).text();
  const url = urisOf({url: master, text}).find((uri) => uri.endsWith('.m3u8'));
  return {url, text: await (await get(url)).text()};
}

async function firstSegment(master) {
  return urisOf(await mediaPlaylist(master))
    .find((uri) => /\/\d+\.(m4s|ts)$/.test(uri));
}

function urisOf({url, text}) {
  return url.endsWith('.mpd') ? urisOfMpd(url, text) : urisOfHls(url, text);
}

function urisOfHls(url, text) {
  const lines = text.split('\n').filter((line) => line && line[0] !== '#');
  const attributes = [...text.matchAll(/URI="([^"]*)"/g)].map(([, uri]) => uri);
  return [...attributes, ...lines]
    .filter((uri) => !uri.startsWith('data:'))
    .map((uri) => {
      if (/^([a-z]+:|\/)/i.test(uri)) throw new Error(`${uri} is not relative`);
      return new URL(uri, url).href;
    });
}

// Templates are a player's business; here the licence URL must be the edge's.
function urisOfMpd(url, text) {
  if (/urn:usher:licence/.test(text)) throw new Error('no licence URL in MPD');
  const licences = [...text.matchAll(/<ck:Laurl[^>]*>([^<]*)</g)];
  for (const [, licence] of licences) {
    if (!licence.startsWith(ready.edge)) throw new Error(`licence ${licence}`);
  }
  return [];
}

function withoutQuery(url) {
  return url.replace(/\?.*/, '');
}

// Neither the ticket nor the session is for anybody's terminal.
function name(url) {
  return new URL(url).pathname.replace(/^\/s\/[^/]+/, '');
}

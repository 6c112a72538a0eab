// What strangers' parsers read in what `usher package` makes: hls-parser,
// mpd-parser (Video.js) and mp4box.js. No browser.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import hlsParser from 'hls-parser';
import {createFile} from 'mp4box';
import {parse as parseMpd} from 'mpd-parser';
import {packageFilm, withDirectory} from './harness.mjs';

// A fault is an error then, not a line on stderr: a version too low for what
// the playlist holds, a segment longer than the target, a group nobody names.
hlsParser.setOptions({strictMode: true});

const kSeconds = 16;

// Each output by its flags, and what it must be found to be.
const kOutputs = [
  {flags: ['--encryption', 'none'], mpd: true},
  {flags: ['--encryption', 'aes-128'], method: 'AES-128'},
  {flags: ['--encryption', 'cbcs'], mpd: true, method: 'SAMPLE-AES'},
  {flags: ['--encryption', 'cenc'], mpd: true, method: 'SAMPLE-AES-CTR'},
  {flags: ['--encryption', 'cenc', '--single-file'], mpd: true,
    method: 'SAMPLE-AES-CTR'},
  {flags: ['--encryption', 'aes-128', '--container', 'ts'],
    method: 'AES-128'},
];

const read = (...names) => fs.readFileSync(path.join(...names), 'utf8');

function expectMedia(directory, uri, method) {
  const media = hlsParser.parse(read(directory, uri));
  assert.equal(media.isMasterPlaylist, false);
  assert.equal(media.endlist, true);
  const seconds = media.segments.reduce((sum, {duration}) => sum + duration, 0);
  assert.ok(Math.abs(seconds - kSeconds) < 0.1, `${uri}: ${seconds} s`);
  for (const segment of media.segments) {
    assert.equal(segment.key?.method, method);
    const file = path.join(directory, path.dirname(uri), segment.uri);
    const {size} = fs.statSync(file);
    const {offset = 0, length = size} = segment.byterange ?? {};
    if (!media.isIFrame) assert.ok(offset + length <= size, uri);
  }
  return media;
}

function expectHls(directory, method) {
  const master = hlsParser.parse(read(directory, 'master.m3u8'));
  assert.equal(master.isMasterPlaylist, true);
  assert.equal(master.independentSegments, true);
  const [variant, iframes] = master.variants;
  assert.deepEqual(variant.resolution, {width: 640, height: 360});
  assert.equal(variant.audio.length, 1);
  const media = expectMedia(directory, variant.uri, method);
  expectMedia(directory, variant.audio[0].uri, method);
  assert.equal(iframes.isIFrameOnly, true);
  const pictures = expectMedia(directory, iframes.uri, method);
  assert.equal(pictures.isIFrame, true);
  assert.equal(pictures.segments.length, media.segments.length);
}

function expectDash(directory) {
  const {duration, playlists, mediaGroups} = parseMpd(
    read(directory, 'manifest.mpd'), {manifestUri: 'http://site/manifest.mpd'});
  assert.ok(Math.abs(duration - kSeconds) < 0.1);
  assert.equal(playlists.length, 1);
  assert.equal(playlists[0].attributes.RESOLUTION.width, 640);
  assert.equal(Object.keys(mediaGroups.AUDIO.audio).length, 1);
}

// What mp4box.js reads in a track: of a single file, or of init segment and
// segments in a row.
function samplesOf(directory, name) {
  const track = path.join(directory, name);
  const single = `${name}.mp4`;
  const names = fs.existsSync(path.join(track, single)) ? [single] :
    ['init.mp4', ...fs.readdirSync(track).filter((name) =>
      name.endsWith('.m4s')).sort((a, b) => parseInt(a) - parseInt(b))];
  const bytes = Buffer.concat(
    names.map((name) => fs.readFileSync(path.join(track, name))));
  const file = createFile();
  let info;
  file.onReady = (ready) => info = ready;
  file.onError = (error) => assert.fail(error);
  const buffer = new Uint8Array(bytes).buffer;
  buffer.fileStart = 0;
  file.appendBuffer(buffer);
  file.flush();
  assert.equal(info.tracks.length, 1);
  assert.equal(info.isFragmented, true);
  return file.getTrackById(1).samples;
}

// The playlists below `directory`, by name.
const playlistsOf = (directory) =>
  fs.readdirSync(directory, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.m3u8'));

// The lowest EXT-X-VERSION under which hls-parser takes the playlist.
function versionNeeded(text) {
  for (let version = 1; version <= 12; version++) {
    const said = `#EXT-X-VERSION:${version}`;
    try {
      hlsParser.parse(text.replace(/^#EXT-X-VERSION:\d+$/m, said));
      return version;
    } catch (error) {
      if (!/EXT-X-VERSION needs to be/.test(error.message)) throw error;
    }
  }
  return assert.fail('no version is high enough');
}

// A playlist that says more than it needs shuts old devices out (RFC 8216bis
// section 8); one that says less is an error in hls-parser.
function expectVersions(directory) {
  for (const name of playlistsOf(directory)) {
    const text = read(directory, name);
    const {isMasterPlaylist, version} = hlsParser.parse(text);
    if (isMasterPlaylist) continue;
    // hls-parser counts a duration of 2.000 as whole; it is written as a
    // decimal, which wants 3.
    assert.equal(version, Math.max(3, versionNeeded(text)), name);
  }
}

// mp4box.js's moov.
function moovOf(init) {
  const file = createFile();
  const buffer = new Uint8Array(fs.readFileSync(init)).buffer;
  buffer.fileStart = 0;
  file.appendBuffer(buffer);
  return file.moov;
}

test('strangers read what DRM systems are told', () =>
  withDirectory(async (base) => {
    const directory = packageFilm(base, [
      '--encryption', 'cbcs', '--drm', 'widevine,playready,fairplay'],
    kSeconds);
    const {playlists} = parseMpd(read(directory, 'manifest-drm.mpd'),
      {manifestUri: 'http://site/manifest-drm.mpd'});
    const told = playlists[0].contentProtection;
    const boxes = moovOf(path.join(directory, 'v360', 'init.mp4')).psshs;
    for (const [name, system] of [
      ['com.widevine.alpha', 'edef8ba979d64acea3c827dcd51d21ed'],
      ['com.microsoft.playready', '9a04f07998404286ab92e65be0885f95']]) {
      const box = boxes.find(({system_id: id}) => id === system);
      const pssh = Buffer.from(told[name].pssh);
      assert.equal(pssh.subarray(12, 28).toString('hex'), system);
      // mp4box.js keeps the bytes from the system's id on.
      assert.deepEqual(pssh.subarray(12), Buffer.from(box.data));
    }
    const master = hlsParser.parse(read(directory, 'master-drm.m3u8'));
    const media = hlsParser.parse(read(directory, master.variants[0].uri));
    const formats = ['urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed',
      'com.microsoft.playready', 'com.apple.streamingkeydelivery'];
    assert.deepEqual(
      master.sessionKeyList.map(({format}) => format), formats);
    assert.equal(media.segments[0].key.method, 'SAMPLE-AES');
    assert.ok(formats.includes(media.segments[0].key.format));
  }));

// mpd-parser takes no notice of EssentialProperty: it must at least find one
// picture a segment there, and the video in front.
test('strangers read trick play', () => withDirectory(async (base) => {
  const directory = packageFilm(base, ['--trick-play', '--encryption', 'none'],
    kSeconds);
  const {playlists: [video, pictures]} = parseMpd(
    read(directory, 'manifest.mpd'), {manifestUri: 'http://site/manifest.mpd'});
  assert.ok(pictures.attributes.BANDWIDTH < video.attributes.BANDWIDTH / 2);
  assert.equal(pictures.segments.length, video.segments.length);
  for (const [i, {duration, uri}] of pictures.segments.entries()) {
    assert.equal(duration, video.segments[i].duration);
    assert.match(uri, new RegExp(`v360-trick/${i + 1}.m4s$`));
  }
  assert.equal(samplesOf(directory, 'v360-trick').length,
    pictures.segments.length);
}));

for (const {flags, mpd, method} of kOutputs) {
  test(`strangers read ${flags.join(' ')}`, () =>
    withDirectory(async (base) => {
      const directory = packageFilm(base, flags, kSeconds);
      expectHls(directory, method);
      expectVersions(directory);
      assert.equal(fs.existsSync(path.join(directory, 'manifest.mpd')), !!mpd);
      if (mpd) expectDash(directory);
      if (!mpd) return;
      assert.equal(samplesOf(directory, 'v360').length, kSeconds * 24);
    }));
}

test('strangers read when each segment was shown', () =>
  withDirectory(async (base) => {
    const began = Date.UTC(2026, 11, 31, 20, 0, 0, 500);
    const directory = packageFilm(base, ['--program-date-time',
      '2026-12-31T20:00:00.500Z', '--encryption', 'aes-128'], kSeconds);
    const dated = playlistsOf(directory).map((name) =>
      [name, hlsParser.parse(read(directory, name))])
      .filter(([, {isMasterPlaylist}]) => !isMasterPlaylist);
    assert.equal(dated.length, 3, 'pictures, sound, key pictures');
    for (const [name, {segments}] of dated) {
      // Sound begins with its priming, in front of the first picture.
      const first = (segments[0].programDateTime - began) / 1000;
      assert.ok(first <= 0 && first > -0.05, `${name}: ${first} s`);
      let seconds = first;
      for (const {duration, programDateTime} of segments) {
        const told = (programDateTime - began) / 1000;
        assert.ok(Math.abs(told - seconds) < 0.002, `${name}: ${told} s`);
        seconds += duration;
      }
    }
    expectVersions(directory);
  }));

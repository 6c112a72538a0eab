// What strangers' parsers read of inputs, tracks and time lines that
// `usher package` takes: hls-parser, mpd-parser (Video.js), mp4box.js. No
// browser.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import hlsParser from 'hls-parser';
import {createFile} from 'mp4box';
import {parse as parseMpd} from 'mpd-parser';
import {usher, withDirectory} from './harness.mjs';

// A fault is an error then, not a line on stderr.
hlsParser.setOptions({strictMode: true});

const kSeconds = 8;
const kSegments = 4;

const kPicture = ['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${kSeconds}`];
const kTone = ['-f', 'lavfi', '-i', `sine=frequency=440:d=${kSeconds}`];
const kH264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
  '-g', '50'];

// Films of one test, made by FFmpeg, and what becomes of them.
class Films {
  constructor(directory) {
    this.directory = directory;
  }
  make(name, ...args) {
    const film = path.join(this.directory, name);
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args.flat(), film]);
    return film;
  }
  film(name = 'film.mp4') {
    return this.make(name, kPicture, kTone, kH264, '-c:a', 'aac');
  }
  package(inputs, ...flags) {
    const clear = flags.includes('--encryption') ? [] :
      ['--encryption', 'none'];
    usher(['package', ...inputs, '--output', path.join(this.directory, 'out'),
      '--event', 'film', '--segment-duration', '2', '--key-store',
      path.join(this.directory, 'keys'), '--quiet', ...clear,
      ...flags]);
    return new Event(path.join(this.directory, 'out', 'film'));
  }
}

class Event {
  constructor(directory) {
    this.directory = directory;
  }
  read(name) {
    return fs.readFileSync(path.join(this.directory, name));
  }
  hls(name = 'master.m3u8') {
    return hlsParser.parse(this.read(name).toString());
  }
  dash() {
    return parseMpd(this.read('manifest.mpd').toString(),
      {manifestUri: 'http://site/manifest.mpd'});
  }
  // The track as mp4box.js reads init segment and segments in a row.
  mp4(track) {
    const names = fs.readdirSync(path.join(this.directory, track))
      .filter((name) => /^\d+\.m4s$/.test(name))
      .sort((a, b) => parseInt(a) - parseInt(b));
    const bytes = Buffer.concat(['init.mp4', ...names].map((name) =>
      this.read(path.join(track, name))));
    const file = createFile(true);  // with the samples
    let info;
    file.onReady = (ready) => info = ready;
    file.onError = (error) => assert.fail(error);
    const buffer = new Uint8Array(bytes).buffer;
    buffer.fileStart = 0;
    file.appendBuffer(buffer);
    file.flush();
    assert.equal(info.tracks.length, 1, track);
    const [{codec, id, video}] = info.tracks;
    const samples = file.getTrackById(id).samples.map((_, i) =>
      file.getTrackSample(id, i));
    return {codec, video, moov: file.moov, samples};
  }
}

const films = (name, run) => test(name, () =>
  withDirectory((directory) => run(new Films(directory))));

films('a ladder is one variant a picture size', (all) => {
  const film = all.film();
  const small = all.make('small.mp4', '-i', film, '-an', '-vf', 'scale=160:90',
    kH264);
  const event = all.package([film, small]);
  const {variants} = event.hls();
  assert.deepEqual(variants.map(({isIFrameOnly, resolution: {height}}) =>
    [isIFrameOnly, height]),
  [[false, 180], [false, 90], [true, 180], [true, 90]]);
  assert.ok(variants.every(({averageBandwidth, bandwidth}) =>
    averageBandwidth <= bandwidth));
  const {playlists} = event.dash();
  assert.deepEqual(playlists.map(({attributes}) => attributes.RESOLUTION.height),
    [180, 90]);
  for (const {segments} of playlists) assert.equal(segments.length, kSegments);
});

films('sound is told by language, role and channels', (all) => {
  const film = all.film();
  const french = all.make('fr.m4a', kTone, '-c:a', 'aac', '-ac', '1');
  const described = all.make('ad.m4a', kTone, '-c:a', 'aac', '-ac', '2');
  const event = all.package([`${film},lang=en`, `${french},lang=fr`,
    `${described},lang=en,role=description`]);
  const [{audio}] = event.hls().variants;
  assert.deepEqual(audio.map(({language, name, isDefault, autoselect,
    channels}) => ({language, name, isDefault, autoselect, channels})), [
    {language: 'en', name: 'en', isDefault: true, autoselect: true,
      channels: '1'},
    {language: 'fr', name: 'fr', isDefault: false, autoselect: true,
      channels: '1'},
    {language: 'en', name: 'en (description)', isDefault: false,
      autoselect: true, channels: '2'}]);
  assert.equal(audio[2].characteristics,
    'public.accessibility.describes-video');
  const groups = event.dash().mediaGroups.AUDIO.audio;
  assert.deepEqual(Object.values(groups).map(({language}) => language).sort(),
    ['en', 'en', 'fr']);
  assert.equal(Object.values(groups).filter(({default: on}) => on).length, 1);
});

films('sound alone is a variant', (all) => {
  const sound = all.make('sound.m4a', kTone, '-c:a', 'aac');
  const event = all.package([sound]);
  const {variants} = event.hls();
  assert.equal(variants.length, 1);
  assert.equal(variants[0].codecs, 'mp4a.40.2');
  assert.equal(variants[0].resolution, undefined);
  assert.equal(event.hls(variants[0].uri).segments.length, kSegments);
  const {playlists, mediaGroups} = event.dash();
  assert.equal(playlists.length + Object.keys(mediaGroups.AUDIO.audio ?? {})
    .length, 1);
});

films('pictures alone are a variant', (all) => {
  const silent = all.make('silent.mp4', kPicture, kH264);
  const event = all.package([silent]);
  const [{audio, codecs, uri}] = event.hls().variants;
  assert.equal(audio.length, 0);
  assert.match(codecs, /^avc1\.[0-9a-f]{6}$/);
  assert.equal(event.hls(uri).segments.length, kSegments);
  assert.deepEqual(event.dash().mediaGroups.AUDIO, {});
});

films('raw ADTS and M2TS are read', (all) => {
  const film = all.film();
  const adts = all.make('sound.aac', '-i', film, '-vn', '-c', 'copy');
  const bluray = all.make('film.m2ts', '-i', film, '-c', 'copy',
    '-mpegts_m2ts_mode', '1');
  assert.equal(fs.readFileSync(bluray)[4], 0x47, 'four bytes in front of each');
  const event = all.package([bluray]);
  assert.equal(event.mp4('v180').samples.length, kSeconds * 25);
  const sound = all.package([adts], '--force');
  assert.ok(sound.mp4('a-und.2').samples.length >= kSeconds * 43);
});

// What other parsers call a codec, from the boxes, is what manifests call it.
const kCodecs = {
  'HEVC and AC-3': {track: 'v180', sound: 'a-und', name: /^hvc1\./,
    args: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params',
      'keyint=50:min-keyint=50:open-gop=0:log-level=none', '-c:a', 'ac3'],
    heard: 'ac-3'},
  'VP9 and Opus': {track: 'v180', sound: 'a-und', name: /^vp09\./,
    args: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8',
      '-g', '50', '-c:a', 'libopus'], heard: 'opus'},
  'AV1 and FLAC': {track: 'v180', sound: 'a-und', name: /^av01\./,
    args: ['-c:v', 'libsvtav1', '-preset', '12', '-g', '50', '-c:a', 'flac'],
    heard: 'flac'},
  'H.264 and E-AC-3': {track: 'v180', sound: 'a-und', name: /^avc1\./,
    args: [...kH264, '-c:a', 'eac3'], heard: 'ec-3'},
};
for (const [codecs, {track, sound, name, args, heard}] of
  Object.entries(kCodecs)) {
  films(`${codecs} are told as they are`, (all) => {
    const event = all.package([all.make('film.mkv', kPicture, kTone, args)]);
    const [picture, audible] = event.hls().variants[0].codecs.split(',');
    assert.match(picture, name);
    assert.equal(audible.toLowerCase(), heard);
    const {codec, video, samples} = event.mp4(track);
    assert.equal(codec.toLowerCase(), picture.toLowerCase());
    assert.deepEqual([video.width, video.height], [320, 180]);
    assert.equal(samples.length, kSeconds * 25);
    assert.equal(event.mp4(sound).codec.toLowerCase(), heard);
    const {playlists} = event.dash();
    assert.equal(playlists[0].attributes.CODECS, picture);
  });
}

films('a film that is to be turned is told as it is seen', (all) => {
  const lying = all.film();
  const film = all.make('turned.mp4', '-i', lying, '-c', 'copy',
    '-metadata:s:v:0', 'rotate=90');
  const event = all.package([film]);
  const upright = {width: 180, height: 320};
  assert.deepEqual(event.hls().variants[0].resolution, upright);
  assert.deepEqual(event.dash().playlists[0].attributes.RESOLUTION, upright);
  // A quarter: the picture's axes change places (ISO/IEC 14496-12 6.2.2).
  const [a, b, , c, d] = event.mp4('v180').moov.traks[0].tkhd.matrix;
  assert.deepEqual([a, d], [0, 0]);
  assert.notEqual(b, 0);
  assert.equal(b, -c);
});

films('subtitles are WebVTT in HLS and wvtt in DASH', (all) => {
  const text = path.join(all.directory, 'en.srt');
  fs.writeFileSync(text, '1\n00:00:01,000 --> 00:00:03,000\nHello\n\n' +
    '2\n00:00:05,000 --> 00:00:06,000\nAgain\n');
  const event = all.package([all.film()], '--subtitle', `en:${text},sdh`);
  const [{subtitles: [english]}] = event.hls().variants;
  assert.equal(english.language, 'en');
  assert.match(english.characteristics, /transcribes-spoken-dialog/);
  const {segments} = event.hls(english.uri);
  assert.equal(segments.length, kSegments);
  assert.match(event.read(path.join(path.dirname(english.uri),
    segments[0].uri)).toString(), /^WEBVTT[^]*Hello/);
  // Boxes of cues, and of stretches without any (ISO/IEC 14496-30 7.5).
  const {codec, samples} = event.mp4('s-eng');
  assert.equal(codec, 'wvtt');
  const type = ({data}) => Buffer.from(data).toString('latin1', 4, 8);
  const cues = samples.filter((sample) => type(sample) === 'vttc');
  assert.ok(samples.some((sample) => type(sample) === 'vtte'));
  const told = cues.map(({data}) =>
    /payl(Hello|Again)/.exec(Buffer.from(data).toString())[1]);
  assert.deepEqual([...new Set(told)], ['Hello', 'Again']);
  const seconds = cues.reduce((sum, {duration, timescale}) =>
    sum + duration / timescale, 0);
  assert.ok(Math.abs(seconds - 3) < 0.01, `${seconds} s of cues`);
});

films('a jump of the clock is a discontinuity and a period', (all) => {
  const film = all.film('film.ts');
  const late = all.make('late.ts', '-i', film, '-c', 'copy',
    '-output_ts_offset', '5000');
  const joined = path.join(all.directory, 'joined.ts');
  fs.writeFileSync(joined,
    Buffer.concat([film, late].map((part) => fs.readFileSync(part))));
  const event = all.package([joined]);
  const {segments} = event.hls(event.hls().variants[0].uri);
  assert.deepEqual(segments.flatMap(({discontinuity}, i) =>
    discontinuity ? [i] : []), [kSegments]);
  const {playlists: [video], duration} = event.dash();
  assert.deepEqual(video.discontinuityStarts, [kSegments]);
  assert.equal(video.segments.length, 2 * kSegments);
  assert.ok(Math.abs(duration - 2 * kSeconds) < 0.2, `${duration} s`);
});

films('keys change with their init segment and a period', (all) => {
  const event = all.package([all.film()], '--encryption', 'cenc',
    '--key-rotation', '4');
  const media = event.hls(event.hls().variants[0].uri);
  const keys = new Set(media.segments.map(({key}) => key.uri));
  const maps = new Set(media.segments.map(({map}) => map.uri));
  assert.equal(keys.size, 2);
  assert.deepEqual([...maps], ['init.mp4', 'init-2.mp4']);
  assert.ok(media.segments.every(({discontinuity}) => !discontinuity));
  const uris = event.dash().playlists[0].segments.map(({map}) => map.uri);
  assert.deepEqual([...new Set(uris.map((uri) => path.basename(uri)))],
    [...maps]);
});

films('MPEG-TS in the clear is read by hls-parser', (all) => {
  const event = all.package([all.film()], '--container', 'ts');
  const {segments} = event.hls(event.hls().variants[0].uri);
  assert.equal(segments.length, kSegments);
  for (const {uri, key, map} of segments) {
    assert.match(uri, /\.ts$/);
    assert.deepEqual([key, map], [null, null]);
  }
});

// Plays a session's presentation: with hls.js where the browser lets a page
// feed it media, else with the browser's own HLS. Stops at the first problem it
// cannot mend, and hands that to `onProblem`.
import Hls from './hls.min.mjs';
import {Problem} from './problem.js';
import {exists, prefixOf} from './session.js';

const kRefused = [401, 403, 409, 429];

// An origin restarts, a phone changes its network: for half a minute that is no
// reason to give up. hls.js would after the third list that fails, and at once
// where there is no answer at all.
const kPatient = {
  maxNumRetry: 20,
  retryDelayMs: 1000,
  maxRetryDelayMs: 4000,
  shouldRetry: ({maxNumRetry}, count, isTimeout, answer, retry) =>
    retry || (answer?.code === 0 && count < maxNumRetry),
};

// -> {hls, moveTo(session), stop()}; throws Problem. `hls` is null where the
// browser plays by itself.
export async function createPlayer(video, session, startAt, onProblem) {
  const clearKey = await usesClearKey(session.base);
  if (clearKey && !window.isSecureContext) throw new Problem('insecure');
  const native = clearKey && hasBrokenClearKey();
  if (Hls.isSupported() && !native) {
    const playlist = clearKey ? 'master-clearkey.m3u8' : 'master.m3u8';
    return new HlsPlayer(video, session, playlist, startAt, onProblem);
  }
  if (video.canPlayType('application/vnd.apple.mpegurl')) {
    return new NativePlayer(video, session, startAt, onProblem);
  }
  throw new Problem('unsupported');
}

class HlsPlayer {
  #first;
  #session;
  #onProblem;
  #recoveredAt = -Infinity;

  constructor(video, session, playlist, startAt, onProblem) {
    this.#first = session;
    this.#session = session;
    this.#onProblem = onProblem;
    this.hls = new Hls(this.#config(startAt));
    this.hls.on(Hls.Events.ERROR, (_, data) => this.#onError(data));
    this.hls.loadSource(absolute(session.base) + playlist);
    this.hls.attachMedia(video);
  }

  // Everything asked from now on goes through the new session; what is already
  // buffered stays, so the viewer sees nothing of it.
  moveTo(session) {
    this.#session = session;
  }

  stop() {
    this.hls.destroy();
  }

  #config(startAt) {
    return {
      startPosition: startAt,
      playlistLoadPolicy: patient(Hls.DefaultConfig.playlistLoadPolicy),
      fragLoadPolicy: patient(Hls.DefaultConfig.fragLoadPolicy),
      // Unhurried, but it does catch up with a live event.
      maxLiveSyncPlaybackRate: 1.1,
      workerPath: new URL('hls.worker.js', import.meta.url).href,
      emeEnabled: true,
      drmSystems: {'org.w3.clearkey': {licenseUrl: this.#session.license}},
      xhrSetup: (xhr, url) => xhr.open('GET', this.#current(url)),
      licenseXhrSetup: (xhr) => xhr.open('POST', this.#session.license),
    };
  }

  #current(url) {
    const from = prefixOf(this.#first.base) + '/';
    return url.replace(from, prefixOf(this.#session.base) + '/');
  }

  #onError({type, fatal, networkDetails: xhr}) {
    // hls.js tries its other renditions after a refusal; they are refused too.
    if (kRefused.includes(xhr?.status)) this.#fail(Problem.fromXhr(xhr));
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR && this.#recover()) return;
    const failed = type === Hls.ErrorTypes.NETWORK_ERROR || xhr?.status >= 400;
    this.#fail(failed && xhr ? Problem.fromXhr(xhr) : new Problem('media', 200));
  }

  #recover() {
    const now = performance.now();
    if (now - this.#recoveredAt < 10_000) return false;
    this.#recoveredAt = now;
    this.hls.recoverMediaError();
    return true;
  }

  // The first problem counts; what follows from it is noise.
  #fail(problem) {
    const report = this.#onProblem;
    this.#onProblem = () => {};
    report(problem);
  }
}

class NativePlayer {
  #video;
  #onError;
  hls = null;

  constructor(video, session, startAt, onProblem) {
    this.#video = video;
    this.#onError = () => onProblem(problemOf(video.error));
    video.addEventListener('error', this.#onError);
    this.#load(session, startAt);
  }

  // The browser keeps the first address, so the player starts anew where it is.
  moveTo(session) {
    const {currentTime, paused} = this.#video;
    this.#load(session, currentTime);
    if (!paused) this.#video.play().catch(() => {});
  }

  stop() {
    this.#video.removeEventListener('error', this.#onError);
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  #load(session, startAt) {
    this.#video.src = session.base + 'master.m3u8';
    if (startAt > 0) this.#video.currentTime = startAt;
  }
}

// Events under cbcs or cenc have playlists of their own for hls.js.
function usesClearKey(base) {
  return exists(base + 'master-clearkey.m3u8');
}

// WebKit offers Clear Key but does not decrypt with it (bug 231006); its own
// HLS does.
function hasBrokenClearKey() {
  return 'WebKitMediaKeys' in window;
}

function problemOf(error) {
  const network = error?.code === MediaError.MEDIA_ERR_NETWORK;
  return network ? new Problem('network') : new Problem('media', 200);
}

function patient({default: policy}) {
  return {default: {...policy, errorRetry: kPatient}};
}

function absolute(path) {
  return new URL(path, location.href).href;
}

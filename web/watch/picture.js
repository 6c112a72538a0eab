// Watches whether a playing video really shows new pictures. A player may go
// on without an error while the screen stands still.

const kPeriodMs = 1000;
const kFrozenAfter = 6;  // periods in which time passes and no frame appears

// Calls `onFrozen` once per freeze. Returns a function that stops watching.
export function watchPicture(video, onFrozen) {
  let last = {time: -1, frames: -1};
  let still = 0;
  const look = () => {
    const now = {time: video.currentTime, frames: framesOf(video)};
    still = isStill(video, last, now) ? still + 1 : 0;
    last = now;
    if (still === kFrozenAfter) onFrozen();
  };
  const timer = setInterval(look, kPeriodMs);
  return () => clearInterval(timer);
}

// A hidden page and a sound-only event show no frames, rightly.
function isStill(video, last, now) {
  return !video.paused && !document.hidden && video.videoWidth > 0 &&
    now.time > last.time && now.frames === last.frames;
}

function framesOf(video) {
  return video.getVideoPlaybackQuality?.().totalVideoFrames ?? video.currentTime;
}

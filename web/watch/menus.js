// Quality and sound, where an event offers more than one.
import Hls from './hls.min.mjs';
import {showMenu} from './view.js';

export function offerMenus(hls) {
  showMenu('quality', [], 0);
  showMenu('sound', [], 0);
  if (!hls) return;
  hls.on(Hls.Events.MANIFEST_PARSED, () => offerQuality(hls));
  hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => offerSound(hls));
}

function offerQuality(hls) {
  const labels = hls.levels.map(
    ({height, bitrate}) => height ? `${height}p` : `${bitrate / 1000 | 0} kbit/s`);
  // With one rendition there is nothing to choose, "Auto" included.
  const all = labels.length > 1 ? ['Auto', ...labels] : [];
  showMenu('quality', all, 0, (choice) => hls.nextLevel = choice - 1);
}

function offerSound(hls) {
  const labels = hls.audioTracks.map(({name, lang}) => name || lang || 'Sound');
  const chosen = Math.max(hls.audioTrack, 0);
  showMenu('sound', labels, chosen, (choice) => hls.audioTrack = choice);
}

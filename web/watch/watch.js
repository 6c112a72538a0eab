// The watch page: ticket -> session -> player, and what to say when one of
// them fails. Runs as it is, without a build step.
import {offerMenus} from './menus.js';
import {messageFor, messages} from './messages.js';
import {watchPicture} from './picture.js';
import {createPlayer} from './player.js';
import {Problem} from './problem.js';
import {closeSession, openSession} from './session.js';
import {eventsOf, expiryOf, forget, parsePasted, remember, takeTicket}
  from './ticket.js';
import * as view from './view.js';

const {video} = view;
const kRenewBefore = 60;  // seconds before the session ends
const kLongestTimer = 2 ** 31 - 1;
const kReopenEvery = 60_000;
const kSpread = 3;  // seconds over which waiting viewers come back

let admission = null;  // {ticket, event}
let session = null;
let player = null;
let renewal = 0;
let stopWatching = () => {};
let position = 0;  // where to go on after an interruption
let reopenedAt = -Infinity;
let attempt = 0;

admit(takeTicket());

function admit(next) {
  stop();
  position = 0;
  admission = next;
  view.showEvent(admission?.event);
  if (!admission) return askForTicket();
  const events = eventsOf(admission.ticket);
  if (admission.event || events.length < 2) return start();
  view.showMessage({code: 'choose', text: 'Which event do you want to watch?'},
    events.map((event) => [view.titleOf(event), () => choose(event)]));
}

function choose(event) {
  admission = {...admission, event};
  remember(admission);
  admit(admission);
}

// A second start overtakes a first one that is still waiting for an answer.
async function start() {
  const mine = ++attempt;
  stop();
  view.show('opening', 'Opening your seat');
  try {
    const opened = await openSession(admission);
    if (mine !== attempt) return closeSession(opened);
    session = opened;
    const created =
      await createPlayer(video, session, position || -1, onProblem);
    if (mine !== attempt) return created.stop();
    player = created;
    await play();
  } catch (error) {
    if (mine === attempt) onProblem(asProblem(error));
  }
}

async function play() {
  offerMenus(player.hls);
  stopWatching = watchPicture(video, () => onProblem(new Problem('frozen')));
  view.showExpiry(session.expires);
  planRenewal();
  await begin();
}

// Browsers refuse sound, or any playback, before the viewer touched the page.
async function begin() {
  try {
    await video.play();
  } catch (error) {
    if (error.name === 'NotAllowedError') await beginMuted();
  }
}

async function beginMuted() {
  try {
    video.muted = true;
    await video.play();
    view.showUnmute(true);
  } catch (error) {
    if (error.name !== 'NotAllowedError') return;
    video.muted = false;
    view.show('blocked', 'Ready to play');
  }
}

function stop() {
  clearTimeout(renewal);
  stopWatching();
  position = video.currentTime || position;
  player?.stop();
  player = null;
  if (session) closeSession(session);
  session = null;
  view.showUnmute(false);
}

// Only a session that ends before its ticket does can be renewed.
function planRenewal() {
  clearTimeout(renewal);
  const left = session.expires - Date.now() / 1000;
  if (expiryOf(admission.ticket) <= session.expires) return;
  const delay = Math.max(left - kRenewBefore, left / 2, 1) * 1000;
  renewal = setTimeout(renew, Math.min(delay, kLongestTimer));
}

// A renewal that fails is not the end: the session goes on until it expires.
async function renew() {
  const mine = attempt;
  try {
    const next = await openSession(admission);
    if (mine !== attempt) return closeSession(next);
    session = next;
    player.moveTo(session);
    view.showExpiry(session.expires);
    planRenewal();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    renewal = setTimeout(renew, kRenewBefore / 4 * 1000);
  }
}

function onProblem(problem) {
  if (mayReopen(problem.code)) {
    reopenedAt = performance.now();
    start();
    return;
  }
  attempt++;
  stop();
  const message = messageFor(problem);
  if (message.action === 'ticket') return askForTicket(message);
  view.showMessage(message, buttonsFor(message));
  if (message.action === 'wait') {
    view.countDown(message.wait + Math.random() * kSpread, start);
  }
}

// Evicted is not among these: two screens would evict each other for ever.
function mayReopen(code) {
  return ['session_invalid', 'session_expired'].includes(code) &&
    performance.now() - reopenedAt > kReopenEvery;
}

function buttonsFor({action}) {
  if (action === 'retry') return [['Try again', start]];
  if (action === 'takeover') return [['Watch here', start]];
  return [];
}

function askForTicket(message = {...messages.ticket_missing,
  code: 'ticket_missing'}) {
  forget();
  document.documentElement.dataset.code = message.code;
  view.showForm(message.text, (pasted) => {
    const next = parsePasted(pasted);
    if (!next) return false;
    remember(next);
    admit(next);
    return true;
  });
}

function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem('media', 200);
}

view.onBigPlay(() => begin());
view.onUnmute(() => {
  video.muted = false;
  view.showUnmute(false);
});

const isOn = () => !view.isShowing('message', 'form');
const showWhile = (event, state, status) => video.addEventListener(
  event, () => player && isOn() && view.show(state, status));
showWhile('playing', 'playing', 'Playing');
showWhile('waiting', 'waiting', 'Waiting for the picture');
showWhile('pause', 'paused', 'Paused');
showWhile('ended', 'paused', 'The end');
video.addEventListener('volumechange', () => {
  if (!video.muted) view.showUnmute(false);
});

// Another link for this page opened in the same tab.
addEventListener('hashchange', () => {
  if (location.hash.length > 1) admit(takeTicket());
});
addEventListener('online', () => {
  if (document.documentElement.dataset.code === 'network' &&
      view.isShowing('message')) start();
});
// A page kept for the back button (persisted) wants its seat again.
addEventListener('pagehide', (event) => {
  if (!event.persisted && session) closeSession(session);
});

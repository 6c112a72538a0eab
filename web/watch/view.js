// The page's furniture. One thing is on the screen at a time: a spinner, the
// picture, a message, or the form for a ticket.

const byId = (id) => document.getElementById(id);

export const video = byId('video');

const page = document.documentElement;
let countdown = 0;

// opening | playing | waiting | paused | blocked | message | form
export function show(state, status = '') {
  clearInterval(countdown);
  page.dataset.state = state;
  byId('status').textContent = status;
}

export function isShowing(...states) {
  return states.includes(page.dataset.state);
}

export function showEvent(name) {
  byId('event').textContent = titleOf(name) || 'Usher';
  document.title = name ? `${titleOf(name)} · Usher` : 'Usher';
}

// UNIX seconds until which the seat is held.
export function showExpiry(expires) {
  const until = new Date(expires * 1000);
  byId('expiry').textContent = `Your seat is held until ${timeOf(until)}`;
}

// `buttons`: [label, what to do] pairs, the first of which gets the focus.
export function showMessage({code, text}, buttons) {
  show('message');
  page.dataset.code = code;
  byId('message-text').textContent = text;
  byId('message-buttons').replaceChildren(...buttons.map(buttonFor));
  (byId('message-buttons').firstChild ?? byId('message')).focus();
}

// Counts down in the message, then calls `then`.
export function countDown(seconds, then) {
  const end = Date.now() + seconds * 1000;
  const line = document.createElement('p');
  line.className = 'countdown';
  byId('message-buttons').replaceChildren(line);
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    line.textContent = `Trying again in ${durationOf(Math.max(left, 0))}`;
    if (left > 0) return;
    clearInterval(countdown);
    then();
  };
  countdown = setInterval(tick, 500);
  tick();
}

// `onTicket` gets what was pasted and returns whether it was of any use.
export function showForm(text, onTicket) {
  show('form');
  byId('form-text').textContent = text;
  byId('form').onsubmit = (event) => {
    event.preventDefault();
    const useful = onTicket(byId('ticket').value);
    byId('form-error').hidden = useful;
    byId('ticket').setAttribute('aria-invalid', String(!useful));
    if (useful) byId('ticket').value = '';
  };
  byId('ticket').focus();
}

export function onBigPlay(handler) {
  byId('big-play').onclick = handler;
}

export function showUnmute(wanted) {
  byId('unmute').hidden = !wanted;
}

export function onUnmute(handler) {
  byId('unmute').onclick = handler;
}

// A menu that is there only while there is something to choose.
export function showMenu(id, labels, chosen, onChoice) {
  const select = byId(id);
  select.replaceChildren(
    ...labels.map((label, value) => new Option(label, value)));
  select.value = chosen;
  select.onchange = () => onChoice(Number(select.value));
  byId(`${id}-menu`).hidden = labels.length < 2;
}

function buttonFor([label, act]) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.onclick = act;
  return button;
}

// "fight-night" -> "Fight night"
export function titleOf(event) {
  const words = (event ?? '').replace(/-/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function timeOf(date) {
  const today = date.toDateString() === new Date().toDateString();
  const day = today ? {} : {day: 'numeric', month: 'short'};
  return date.toLocaleString([], {...day, hour: '2-digit', minute: '2-digit'});
}

function durationOf(seconds) {
  const two = (value) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

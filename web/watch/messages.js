// One sentence per thing that can go wrong: what it is and what to do.
//
// The first group are the edge's own codes (problem+json "code"); the second
// is what the page finds out by itself. `action` names the button offered:
//   ticket    paste another ticket
//   retry     try again
//   takeover  open a new session here, which ends the oldest other one
//   wait      try again by itself after Retry-After, with a countdown
//   none      nothing a viewer can press would help

export const messages = Object.freeze({
  ticket_missing: {
    text: 'This event needs a ticket: open the link from your ticket mail, ' +
      'or paste the ticket here.',
    action: 'ticket',
  },
  ticket_invalid: {
    text: 'This ticket could not be read: copy the whole link from your ' +
      'ticket mail and open it again.',
    action: 'ticket',
  },
  ticket_expired: {
    text: 'This ticket has expired: if you think it should not have, ask ' +
      'the shop you bought it from.',
    action: 'ticket',
  },
  ticket_early: {
    text: 'This ticket is not valid yet: come back at the time printed on it.',
    action: 'retry',
  },
  ticket_scope: {
    text: 'This ticket is for another event: open the link that belongs to ' +
      'this one.',
    action: 'ticket',
  },
  ticket_revoked: {
    text: 'This ticket was cancelled or refunded: ask the shop you bought ' +
      'it from.',
    action: 'ticket',
  },
  country_refused: {
    text: 'This ticket is not valid in the country you are watching from: ' +
      'ask the shop you bought it from.',
    action: 'none',
  },
  event_not_started: {
    text: 'The doors are not open yet: leave this page open and it starts ' +
      'by itself.',
    action: 'wait',
  },
  event_ended: {
    text: 'This event is over: ask the organiser whether there is a replay.',
    action: 'none',
  },
  seats_taken: {
    text: 'This ticket is already being watched on as many screens as it ' +
      'allows: stop one of them, then try again.',
    action: 'retry',
  },
  session_invalid: {
    text: 'Your seat could not be confirmed: try again to take it anew.',
    action: 'retry',
  },
  session_expired: {
    text: 'Your session has ended: try again to go on watching.',
    action: 'retry',
  },
  session_evicted: {
    text: 'This ticket is now being watched on another screen: watch here ' +
      'instead if that is you.',
    action: 'takeover',
  },
  session_revoked: {
    text: 'The organiser has ended this session: ask the shop you bought ' +
      'your ticket from.',
    action: 'ticket',
  },
  key_not_yet: {
    text: 'The next part of the event is not unlocked yet: leave this page ' +
      'open and it goes on by itself.',
    action: 'wait',
  },
  key_unknown: {
    text: 'This film cannot be unlocked, because its key is missing: tell ' +
      'the organiser.',
    action: 'retry',
  },
  key_unavailable: {
    text: 'The key that unlocks this film cannot be read at the moment: ' +
      'try again, and tell the organiser if that does not help.',
    action: 'retry',
  },
  live_stalled: {
    text: 'The stream has paused: leave this page open and it goes on by ' +
      'itself.',
    action: 'wait',
  },
  draining: {
    text: 'This server takes nobody new at the moment: leave this page open ' +
      'and it tries again by itself.',
    action: 'wait',
  },
  rate_limited: {
    text: 'Too many tries in a short time: leave this page open and it ' +
      'tries again by itself.',
    action: 'wait',
  },
  bad_request: {
    text: 'The address of this page is damaged: open the link from your ' +
      'ticket mail again.',
    action: 'ticket',
  },
  method_not_allowed: {
    text: 'This page and the server do not fit together: reload the page, ' +
      'and tell the organiser if that does not help.',
    action: 'retry',
  },

  network: {
    text: 'The server cannot be reached: check your connection, then try ' +
      'again.',
    action: 'retry',
  },
  not_found: {
    text: 'There is nothing to watch under this name: check the link, or ' +
      'try again when the event has begun.',
    action: 'retry',
  },
  server: {
    text: 'The server has trouble at the moment: wait a little, then try ' +
      'again.',
    action: 'retry',
  },
  refused: {
    text: 'The server refused to play this: try again, and ask the ' +
      'organiser if that does not help.',
    action: 'retry',
  },
  media: {
    text: 'This device could not play the picture: try again, or try ' +
      'another browser.',
    action: 'retry',
  },
  frozen: {
    text: 'The picture has stopped while the sound may go on: try again to ' +
      'restart the player.',
    action: 'retry',
  },
  unsupported: {
    text: 'This browser cannot play the event: try a current Chrome, ' +
      'Firefox, Edge or Safari.',
    action: 'none',
  },
  insecure: {
    text: 'This browser unlocks the event only over https: open the page ' +
      'with an address that begins with https.',
    action: 'none',
  },
});

// The message for a problem {code, status, retryAfter}: by its code where we
// know it, else by its HTTP status. Without a Retry-After there is nothing to
// count down to, so "wait" becomes "retry".
export function messageFor(problem) {
  const code = Object.hasOwn(messages, problem.code) ?
    problem.code : codeForStatus(problem.status);
  const {text, action} = messages[code];
  if (action !== 'wait') return {code, text, action, wait: 0};
  const wait = problem.retryAfter > 0 ? problem.retryAfter : 0;
  return {code, text, action: wait ? 'wait' : 'retry', wait};
}

function codeForStatus(status) {
  if (!status) return 'network';
  if (status === 404) return 'not_found';
  if (status === 401) return 'ticket_missing';
  if (status === 429) return 'rate_limited';
  return status >= 500 ? 'server' : 'refused';
}

// Writes where a running demo serves, as JSON that tools can drive it by.
// URLs carry the ticket; a URL that does not exist is null.
//
//   EDGE=... EVENT=... [...] node scripts/ready_file.mjs FILE
import fs from 'node:fs';

const {EDGE, EVENT, CLEAR_KEY, TICKET, WATCH, HLS, ORIGIN, STATUS, PREFIX} =
  process.env;

const url = (path) => `${EDGE}/${path}?ticket=${TICKET}`;
const ready = {
  watch: WATCH,
  hls: HLS,
  hls_clearkey: CLEAR_KEY ? url(`${CLEAR_KEY}/master-clearkey.m3u8`) : null,
  dash: CLEAR_KEY ? url(`${CLEAR_KEY}/manifest.mpd`) : null,
  license: await licence(),
  ticket: TICKET,
  event: EVENT,
  edge: EDGE,
  origin: ORIGIN,
  metrics: `${STATUS}/metrics`,
  control: `${STATUS}/control`,
  control_secret: `${PREFIX}/etc/control-secret`,
  nginx_prefix: PREFIX,
};
fs.writeFileSync(process.argv[2], JSON.stringify(ready, null, 2) + '\n',
  {mode: 0o600});

// The licence URL belongs to a session; this one opens the demo's first.
async function licence() {
  const answer = await fetch(`${EDGE}/usher/session`, {
    method: 'POST',
    headers: {
      'Authorization': `Bearer ${TICKET}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({event: EVENT}),
  });
  if (!answer.ok) throw new Error(`/usher/session: ${await answer.text()}`);
  return (await answer.json()).license;
}

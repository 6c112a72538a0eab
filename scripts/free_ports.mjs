// Prints COUNT free ports of 127.0.0.1, the first at or after FIRST, the
// others after it.
//
//   node scripts/free_ports.mjs FIRST COUNT
import net from 'node:net';

const [first, count] = process.argv.slice(2).map(Number);
const ports = [];
for (let port = first; ports.length < count && port < 65536; port++) {
  if (await isFree(port)) ports.push(port);
}
if (ports.length < count) throw new Error('no free ports');
console.log(ports.join(' '));

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({port, host: '127.0.0.1'},
      () => server.close(() => resolve(true)));
  });
}

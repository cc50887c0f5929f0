// senders.mjs PORT CLIENTS: raw clients that send numbered texts of 16 bytes, together as many as
// the last message allows; each goes on where it was. Answers each message with how many were
// written and what that has cost.
import { rawUpgrade } from '../support/raw-upgrade.mjs';

const TEXT_BYTES = 16;
const FRAME_BYTES = 2 + 4 + TEXT_BYTES;
const FRAMES_A_WRITE = 100;
const ZERO = 0x30;
const NINE = 0x39;

const [port, count] = process.argv.slice(2).map(Number);
const buffer = Buffer.alloc(64 * 1024);
let allowed = 0;
let written = 0;

/** `NN` is the client, the rest counts from 1. */
class Sender {
  constructor(index) {
    this.digits = Buffer.from(String(index).padStart(2, '0') + '0'.repeat(TEXT_BYTES - 2));
    this.mayWrite = true;
  }

  async open() {
    this.socket = await rawUpgrade(port, buffer, () => undefined);
    this.socket.on('drain', () => {
      this.mayWrite = true;
      sendAllowed();
    });
  }

  /** Masked with zeros: what the server does is the same. */
  write() {
    const bytes = Buffer.allocUnsafe(FRAMES_A_WRITE * FRAME_BYTES);
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
      this.countUp();
      bytes[at] = 0x81;
      bytes[at + 1] = 0x80 | TEXT_BYTES;
      bytes.fill(0, at + 2, at + 6);
      for (let digit = 0; digit < TEXT_BYTES; digit += 1) bytes[at + 6 + digit] = this.digits[digit];
    }
    this.mayWrite = this.socket.write(bytes);
    written += FRAMES_A_WRITE;
  }

  countUp() {
    let at = TEXT_BYTES - 1;
    for (; this.digits[at] === NINE; at -= 1) this.digits[at] = ZERO;
    this.digits[at] += 1;
  }
}

const senders = Array.from({ length: count }, (_, index) => new Sender(index));
let next = 0;

/** One write each in turn, until all is written that is allowed or nobody may write. */
function sendAllowed() {
  let refused = 0;
  while (written < allowed && refused < senders.length) {
    const sender = senders[next];
    next = (next + 1) % senders.length;
    if (sender.mayWrite) {
      sender.write();
      refused = 0;
    } else {
      refused += 1;
    }
  }
}

for (const sender of senders) await sender.open();
process.on('message', (total) => {
  allowed = total;
  sendAllowed();
  const { user, system } = process.cpuUsage();
  process.send({ written, cpuUs: user + system });
});
process.send('connected');

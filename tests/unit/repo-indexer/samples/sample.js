import { thing } from './thing.js';
// A queue.
export class Queue extends Base {
  items = [];
  push(item) { this.notify(item); return new Entry(item); }
}
/** Doubles. */
export const twice = (x) => {
  const local = x;
  return times(local, 2);
};
const LIMIT = 3;
function times(a, b) { return a * b; }
Queue.prototype.clear = function () {};
exports.make = function () {};

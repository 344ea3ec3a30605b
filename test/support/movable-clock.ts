/**
 * Loaded before a host (`node --import`): its clocks jump ahead when its parent says so. `Date` as a constructor is the
 * host's own output and what libraries note; it follows as well.
 */
let offsetMs = 0;
const dateNow = Date.now;
const performanceNow = performance.now.bind(performance);
Date.now = () => dateNow() + offsetMs;
performance.now = () => performanceNow() + offsetMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [target.now()] : given, made),
});
process.on('message', (message) => {
  offsetMs += Number(message);
});
// It must not keep the process alive.
process.channel?.unref();

import { loadApp } from '../../local/host/core.ts';

// Loads the bundle that is named, once, in this fresh process, and tells how long that took.
const start = performance.now();
const app = await loadApp(process.argv[2] ?? '', () => undefined);
console.log(performance.now() - start);
app.unload();
process.exit(0);

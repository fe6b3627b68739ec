// Runs a program in a development container and starts it anew when a file of a folder changes:
//
//     node dev.mjs FOLDER ARGUMENT-OF-NODE...
//
// `node --watch` watches files, and loses one for good once live sync has replaced it; this watches folders. A program that
// ends by itself is started again, after a pause that doubles. SIGTERM ends it by the same signal, and this with its code.
// SIGUSR1 starts it so that it waits for a debugger, SIGUSR2 ends that waiting.
import { spawn } from "node:child_process";
import { readdirSync, watch } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

const [folder, ...given] = process.argv.slice(2);
// Seconds, by RESTART_POLICY: between tries after a crash (doubling), from SIGTERM to SIGKILL at a reload.
const policy = { backoff: 0.5, most: 30, grace: 5, ...JSON.parse(process.env.RESTART_POLICY ?? "{}") };
// Milliseconds: a sync's burst of files, and the same three.
const BURST = 50, GRACE = policy.grace * 1000, FIRST = policy.backoff * 1000, LONGEST = policy.most * 1000;
const IGNORED = /(^|\/)(node_modules|\.git)$|~$|\.(swp|swx|tmp)$|^\.(#|~)|^4913$/;

const watchers = new Map();
let child, burst, pause, patience;
let backoff = FIRST, ending = false, reloading = false, waiting = false;

function start() {
  clearTimeout(pause);
  const began = Date.now();
  const wanted = waiting ? given.map((word) => word.replace(/^--inspect=/, "--inspect-wait=")) : given;
  child = spawn(process.execPath, wanted, { stdio: "inherit" });
  child.on("exit", (code, signal) => {
    clearTimeout(patience);
    child = undefined;
    if (ending) process.exit(code ?? 128 + constants.signals[signal]);
    if (reloading) return begin();
    if (Date.now() - began > LONGEST) backoff = FIRST;
    console.log(`dev: ended with ${signal ?? `exit code ${code}`}; next try in ${backoff / 1000} s, or when a file changes`);
    pause = setTimeout(start, backoff);
    backoff = Math.min(backoff * 2, LONGEST);
  });
}

function begin() {
  reloading = false;
  backoff = FIRST;
  start();
}

function reload() {
  if (ending) return;
  if (!child) return begin();
  if (reloading) return;
  reloading = true;
  child.kill("SIGTERM");
  // One that stands at a breakpoint cannot act on SIGTERM.
  patience = setTimeout(() => child?.kill("SIGKILL"), GRACE);
}

function changed(name) {
  if (name && IGNORED.test(name)) return;
  clearTimeout(burst);
  burst = setTimeout(() => {
    look(folder);
    reload();
  }, BURST);
}

/** Watches a folder and those in it; folders that came are added, those that went are forgotten. */
function look(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
    if (!watchers.has(path)) watchers.set(path, watch(path, (_, name) => changed(name)).on("error", () => forget(path)));
  } catch {
    return forget(path);
  }
  for (const entry of entries) {
    if (entry.isDirectory() && !IGNORED.test(entry.name)) look(join(path, entry.name));
  }
}

function forget(path) {
  watchers.get(path)?.close();
  watchers.delete(path);
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    ending = true;
    if (child) child.kill(signal);
    else process.exit(0);
  });
}
process.on("SIGUSR1", () => {
  waiting = true;
  reload();
});
process.on("SIGUSR2", () => {
  if (!waiting) return;
  waiting = false;
  reload();
});

look(folder);
start();

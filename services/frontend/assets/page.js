// Sends requests to this frontend at the chosen rate, and shows what became of them.

import { Dots, drawLines, lookOf, quantile, showShares } from "./charts.js";
import { copyText, curlCommand, failedHop, readHeaders, traceCommand } from "./request.js";
import { colour, hopsBelow, milliseconds, showTree } from "./tree.js";

const WINDOW = 200;
const SECONDS = 60;
/** Browsers open six connections to one server over HTTP/1; more requests would wait here and look slow. */
const IN_FLIGHT = 6;
/** Number of requests without an answer after which the server counts as gone and is tried less often. */
const LOST_AFTER = 3;
const RETRY_MS = 2000;
const TIMEOUT_MS = 20000;

const $ = (id) => document.getElementById(id);
const requests = [];
const seconds = [];
const services = new Set();
let typed = {};
let running = false;
let inFlight = 0;
let unanswered = 0;
let due = 0;
let last = 0;
let retryAt = 0;
let selected = null;
let changed = false;

const dots = new Dots($("dots"), WINDOW, (request) => {
  selected = request === selected ? null : request;
  render();
});

/** The version of the counted service that answered, or null if the request failed. */
function versionOf(tree, status) {
  if (!tree || status >= 400) return null;
  const wanted = $("service").value;
  for (const { name, hop } of hopsBelow(tree)) {
    if (hop?.version && (!wanted || name === wanted)) {
      lookOf(hop.version, colour(hop.color));
      return hop.version;
    }
  }
  // A service without upstreams is counted itself.
  if (!wanted && !tree.upstreams?.length && tree.version) {
    lookOf(tree.version, colour(tree.color));
    return tree.version;
  }
  return null;
}

async function send() {
  inFlight += 1;
  const started = performance.now();
  const headers = { ...typed, ...($("canary").checked ? { "x-canary": "true" } : {}) };
  const url = new URL("api/hello", document.baseURI).href;
  const request = { status: 0, latency: null, tree: null, version: null, failedVersion: null, headers, url };
  try {
    const response = await fetch(url, { headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    request.status = response.status;
    request.server = response.headers.has("x-meshwalk-service") ? null : response.headers.get("server");
    try {
      const tree = JSON.parse(text);
      if (typeof tree?.service === "string") request.tree = tree;
    } catch { /* No JSON: a proxy's own words, which are shown as they are. */ }
    if (!request.tree) request.text = text;
    unanswered = 0;
  } catch (error) {
    request.failure = error.name === "TimeoutError" ? `No answer within ${TIMEOUT_MS / 1000} s.` : "The connection failed before an answer came.";
    unanswered += 1;
    retryAt = performance.now() + RETRY_MS;
  }
  request.latency = performance.now() - started;
  request.version = versionOf(request.tree, request.status);
  request.failed = request.version === null ? failedHop(request.tree) : null;
  request.failedVersion = request.failed?.version ? `${request.failed.service} ${request.failed.version}` : null;
  for (const { name } of hopsBelow(request.tree)) offer(name);
  requests.push(request);
  if (requests.length > WINDOW) requests.shift();
  if (request.status) currentSecond().latencies.push(request.latency);
  inFlight -= 1;
  changed = true;
}

/** Adds a service to the choice of what is counted. */
function offer(name) {
  if (services.has(name)) return;
  services.add(name);
  $("service").append(new Option(name, name));
}

function currentSecond() {
  const now = Math.floor(Date.now() / 1000);
  let second = seconds.at(-1);
  while (!second || second.at < now) {
    second = { at: second && now - second.at < SECONDS ? second.at + 1 : now, latencies: [] };
    seconds.push(second);
    if (seconds.length > SECONDS) seconds.shift();
  }
  return second;
}

function tick() {
  const now = performance.now();
  const passed = Math.min(now - last, 1000);
  last = now;
  if (!running || document.hidden) return;
  if (unanswered >= LOST_AFTER) {
    due = 0;
    if (now >= retryAt && inFlight === 0) {
      retryAt = now + RETRY_MS;
      send();
    }
    return;
  }
  // What cannot be sent now is not made up for later: a burst would show something else than the chosen rate.
  due = Math.min(due + (passed / 1000) * Number($("rate").value), IN_FLIGHT);
  while (due >= 1 && inFlight < IN_FLIGHT) {
    due -= 1;
    send();
  }
}

function showState() {
  const lost = running && unanswered >= LOST_AFTER;
  const state = lost ? "lost" : running ? "running" : "stopped";
  if ($("state").dataset.state !== state) {
    $("state").dataset.state = state;
    $("state").textContent = { lost: "no connection", running: "running", stopped: "stopped" }[state];
    $("run").textContent = running ? "Stop" : "Start";
    $("notice").hidden = !lost;
    $("notice").textContent = lost ? "The frontend does not answer any more. The page tries again every two seconds." : "";
  }
}

function showPace() {
  currentSecond();
  // The running second is not complete, so its count would always look like a drop.
  const complete = seconds.slice(0, -1);
  const sorted = complete.map((second) => [...second.latencies].sort((a, b) => a - b));
  const pad = Array(Math.max(0, SECONDS - 1 - complete.length)).fill(null);
  const line = (of) => [...pad, ...sorted.map(of)];
  drawLines($("rate-line"), [{ name: "count", values: line((second) => second.length) }]);
  drawLines($("latency-line"), [
    { name: "p50", values: line((second) => quantile(second, 0.5)) },
    { name: "p95", values: line((second) => quantile(second, 0.95)) },
  ]);
  const recent = sorted.slice(-5).flat().sort((a, b) => a - b);
  $("rate-now").textContent = sorted.length ? `${(recent.length / Math.min(5, sorted.length)).toFixed(1)}/s` : "–";
  $("latency-now").textContent = recent.length ? `${milliseconds(quantile(recent, 0.5))} / ${milliseconds(quantile(recent, 0.95))}` : "–";
}

function render() {
  showShares($("bar"), $("shares"), requests);
  if (selected && !requests.includes(selected)) selected = null;
  dots.show(requests, selected);
  const shown = selected ?? requests.at(-1);
  if (shown) showTree($("tree"), shown);
  showCommands(shown);
  $("which").textContent = selected ? "of the chosen request" : "of the latest request";
  $("live").hidden = !selected;
}

/** Shows the request as commands, and which version failed. */
function showCommands(request) {
  $("commands").hidden = !request;
  if (!request) return;
  const trace = traceCommand(request);
  $("curl").textContent = curlCommand(request);
  $("trace").textContent = trace ?? "";
  $("trace-line").hidden = !trace;
  const failed = request.failed;
  $("failed").hidden = !failed;
  $("failed").textContent = failed ? `✗ Failed: ${failed.service} ${failed.version ?? "(the answer names no version)"}` : "";
}

function readTyped() {
  const { headers, wrong } = readHeaders($("headers").value);
  $("headers-wrong").hidden = !wrong;
  $("headers-wrong").textContent = wrong ? `Not a header: ${wrong}. Write NAME: VALUE, such as x-user: alice.` : "";
  $("headers").setAttribute("aria-invalid", String(Boolean(wrong)));
  typed = wrong ? {} : headers;
}

function toggle(on) {
  running = on;
  unanswered = 0;
  due = 1;
  last = performance.now();
  showState();
}

$("run").addEventListener("click", () => toggle(!running));
$("rate").addEventListener("input", () => { $("rate-shown").textContent = `${$("rate").value}/s`; });
$("headers").addEventListener("input", readTyped);
readTyped();
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    button.textContent = await copyText($(button.dataset.copy));
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
$("live").addEventListener("click", () => { selected = null; render(); });
$("service").addEventListener("change", () => {
  for (const request of requests) request.version = versionOf(request.tree, request.status);
  render();
});
setInterval(tick, 20);
setInterval(() => {
  showState();
  if (changed) { changed = false; render(); }
}, 250);
setInterval(showPace, 1000);
// The page is live as soon as it is open. A link can choose the rate, /#rate=20, or leave the start to the button, /#stopped.
const [, wanted] = /^#rate=(\d+)$/.exec(location.hash) ?? [];
if (wanted) $("rate").value = wanted;
$("rate").dispatchEvent(new Event("input"));
toggle(location.hash !== "#stopped");

// The call tree of one request, as nested cards. All text from the answers is set as text, never as markup.

const KNOWN = new Set([
  "service", "version", "instance", "namespace", "message", "color", "peer", "trace", "attempt", "faults", "took_ms", "status", "upstreams",
]);

/** An element with a class and children; texts become text nodes. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A colour of an answer, if it is one: answers are not trusted with anything else in a style. */
export function colour(text) {
  return /^#[0-9a-f]{6}$/i.test(text ?? "") ? text : null;
}

/** Black or white, whichever is easier to read on a colour (relative luminance as WCAG 2 defines it). */
function readableOn(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

export function milliseconds(value) {
  if (typeof value !== "number") return "";
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return `${value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)} ms`;
}

function statusPill(status) {
  return element("span", status >= 400 ? "status bad" : "status", String(status ?? "–"));
}

function facts(pairs) {
  const list = element("dl", "facts");
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === "") continue;
    list.append(element("dt", "", name), element("dd", "", String(value)));
  }
  return list.children.length ? list : null;
}

function traceText(trace) {
  if (!trace?.id) return null;
  const families = (trace.families ?? []).join(" + ");
  const agreement = trace.agree === false ? "families disagree" : families;
  return [trace.id, trace.sampled ? "sampled" : "not sampled", agreement].filter(Boolean).join(" · ");
}

function faultChips(faults) {
  if (!Array.isArray(faults) || faults.length === 0) return null;
  return element("div", "chips", ...faults.map((fault) => {
    const detail = [fault.upstream ? `calling ${fault.upstream}` : "", fault.delay_ms !== undefined ? `+${milliseconds(fault.delay_ms)}` : "", fault.status ?? ""].filter(Boolean);
    return element("span", "chip", `injected by ${fault.id}: ${[fault.mode, ...detail].join(" ")}`);
  }));
}

function timeBar(took, whole) {
  if (typeof took !== "number" || !(whole > 0)) return null;
  const filled = element("i");
  filled.style.width = `${Math.min(100, (100 * took) / whole)}%`;
  return element("div", "span", filled);
}

function hopCard(hop, whole) {
  const tone = colour(hop.color);
  const badge = hop.version ? element("span", "badge", hop.version) : null;
  const extra = Object.entries(hop).filter(([key, value]) => !KNOWN.has(key) && ["string", "number", "boolean"].includes(typeof value));
  const card = element("article", "hop",
    element("div", "hop-head", element("b", "", hop.service ?? "?"), badge, element("span", "spacer"), statusPill(hop.status),
      element("span", "took", milliseconds(hop.took_ms))),
    hop.message ? element("p", "message", hop.message) : null,
    facts([
      ["instance", hop.namespace ? `${hop.instance} in ${hop.namespace}` : hop.instance],
      ["caller", hop.peer],
      ["attempt", hop.attempt > 1 ? `${hop.attempt} (a retry)` : null],
      ["trace", traceText(hop.trace)],
      ...extra,
    ]),
    faultChips(hop.faults),
    timeBar(hop.took_ms, whole));
  if (tone) {
    card.style.setProperty("--tone", tone);
    card.style.setProperty("--on-tone", readableOn(tone));
  }
  return card;
}

const KINDS = {
  refused: "connection refused", reset: "connection reset", timeout: "no answer in time", protocol: "no valid HTTP", http: "answered with an error",
};

function failedCall(call) {
  const chip = call.error ? element("span", "chip bad", KINDS[call.error.kind] ?? call.error.kind) : null;
  return element("article", "hop error",
    element("div", "hop-head", element("b", "", call.name), chip, element("span", "spacer"), statusPill(call.status),
      element("span", "took", milliseconds(call.took_ms))),
    call.error?.detail ? element("p", "message muted", call.error.detail) : element("p", "message muted", "The answer was no call tree."));
}

function subtree(hop, whole) {
  const parts = [hopCard(hop, whole)];
  const calls = Array.isArray(hop.upstreams) ? hop.upstreams : [];
  if (calls.length) {
    parts.push(element("ul", "branch", ...calls.map((call) =>
      element("li", "", ...(call.hop ? subtree(call.hop, whole) : [failedCall(call)])))));
  }
  return parts;
}

/** An answer that no Meshwalk service wrote: a proxy on the way, which is worth knowing. */
function foreignAnswer(request) {
  const by = request.server ? `Answered by “${request.server}” on the way, not by the application.` : "The answer was no call tree.";
  return element("article", "hop error",
    element("div", "hop-head", element("b", "", request.status ? "No hop" : "No answer"), element("span", "spacer"),
      request.status ? statusPill(request.status) : null, element("span", "took", milliseconds(request.latency))),
    element("p", "message muted", request.status ? by : request.failure),
    request.text ? facts([["body", request.text.slice(0, 300)]]) : null);
}

/** Shows a request's call tree in a container. */
export function showTree(container, request) {
  const parts = request.tree ? subtree(request.tree, request.tree.took_ms) : [foreignAnswer(request)];
  container.replaceChildren(...parts);
}

/** Every hop of a tree below the first, with the name that its caller has for it. */
export function* hopsBelow(tree) {
  for (const call of tree?.upstreams ?? []) {
    yield { name: call.hop?.service ?? call.name, hop: call.hop };
    if (call.hop) yield* hopsBelow(call.hop);
  }
}

// The share of versions, the last requests one by one, and the pace.

import { element, milliseconds } from "./tree.js";

/** Colours of the releases, as their answers have them, for answers without one. */
const RELEASES = { v1: "#2a78d6", v2: "#eb6834" };
const FALLBACK = ["#14808a", "#8b5bd6"];

/** The versions seen so far, each with its colour and its shape: colour alone tells some readers nothing. */
const looks = new Map();

export function lookOf(version, hopColour) {
  if (!looks.has(version)) {
    // v1 is square and v2 round, whichever comes first.
    const number = Number(/\d+/.exec(version)?.[0] ?? looks.size);
    looks.set(version, { tone: hopColour ?? RELEASES[version] ?? FALLBACK[number % FALLBACK.length], round: number % 2 === 0 });
  }
  return looks.get(version);
}

function dress(node, version) {
  node.classList.toggle("failed", version === null);
  const look = version === null ? null : lookOf(version);
  node.classList.toggle("round", look?.round ?? false);
  if (look) node.style.setProperty("--tone", look.tone);
  else node.style.removeProperty("--tone");
}

/** Shows how many of the requests each version answered; failed ones are a part of their own. */
export function showShares(bar, list, requests) {
  const counts = new Map([...looks.keys()].sort().map((version) => [version, 0]));
  counts.set(null, 0);
  for (const { version } of requests) counts.set(version, (counts.get(version) ?? 0) + 1);
  const total = requests.length;
  const shown = [...counts].filter(([version, count]) => total > 0 && (version !== null || count > 0));
  const percent = (count) => `${((100 * count) / total).toFixed(1)} %`;
  sameNumber(bar, shown.length, () => element("i"));
  sameNumber(list, shown.length, () => element("li", "", element("b"), element("span", "", element("i", "mark"), element("em"))));
  shown.forEach(([version, count], at) => {
    const part = bar.children[at];
    part.style.width = `${(100 * count) / total}%`;
    dress(part, version);
    const [number, caption] = list.children[at].children;
    number.textContent = percent(count);
    dress(caption.children[0], version);
    caption.children[1].textContent = `${version ?? "failed"} · ${count}`;
  });
  bar.setAttribute("aria-label", total ? shown.map(([version, count]) => `${version ?? "failed"}: ${percent(count)}`).join(", ") : "No requests yet");
}

function sameNumber(parent, wanted, make) {
  while (parent.children.length > wanted) parent.lastElementChild.remove();
  while (parent.children.length < wanted) parent.append(make());
}

/** Shows the last requests as marks; `chosen` is called with the clicked one. */
export class Dots {
  constructor(container, capacity, chosen) {
    this.requests = [];
    this.container = container;
    container.append(...Array.from({ length: capacity }, () => {
      const dot = element("button", "dot");
      dot.type = "button";
      dot.disabled = true;
      dot.tabIndex = -1;
      return dot;
    }));
    const indexOf = (event) => [...container.children].indexOf(event.target.closest(".dot"));
    container.addEventListener("click", (event) => {
      const request = this.requests[indexOf(event)];
      if (request) chosen(request);
    });
    container.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -25, ArrowDown: 25, Home: -capacity, End: capacity }[event.key];
      if (!step) return;
      event.preventDefault();
      const to = Math.max(0, Math.min(this.requests.length - 1, indexOf(event) + step));
      container.children[to]?.focus();
    });
  }

  show(requests, selected) {
    this.requests = requests;
    const focused = this.container.contains(document.activeElement);
    requests.forEach((request, at) => {
      const dot = this.container.children[at];
      dot.disabled = false;
      dress(dot, request.version);
      dot.setAttribute("aria-pressed", String(request === selected));
      const name = request.version ?? (request.failedVersion ? `${request.failedVersion} failed` : "failed");
      dot.title = `${name}, ${request.status || "no answer"}`;
      dot.setAttribute("aria-label", `${name}, ${request.status || "no answer"}, ${milliseconds(request.latency)}`);
      if (!focused) dot.tabIndex = at === requests.length - 1 ? 0 : -1;
    });
  }
}

export function quantile(sorted, q) {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] : null;
}

/** Draws lines over the same seconds; the area under the first one is filled. `null` interrupts a line. */
export function drawLines(svg, lines) {
  const top = Math.max(1e-9, ...lines.flatMap((line) => line.values.filter((value) => value !== null))) * 1.1;
  const paths = lines.flatMap(({ values, name }, order) => {
    const x = (at) => ((120 * at) / Math.max(1, values.length - 1)).toFixed(2);
    const point = (at) => `${x(at)},${(40 - (40 * values[at]) / top).toFixed(2)}`;
    const line = runs(values).map((run) => `M${run.map(point).join("L")}`).join("");
    const area = runs(values).map((run) => `M${x(run[0])},40L${run.map(point).join("L")}L${x(run.at(-1))},40Z`).join("");
    return order === 0 ? [path(area, "area"), path(line, name)] : [path(line, name)];
  });
  svg.replaceChildren(...paths);
}

/** The positions of neighbouring values that are not null, run by run. */
function runs(values) {
  const found = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (at === 0 || values[at - 1] === null) found.push([]);
    found.at(-1).push(at);
  });
  return found;
}

function path(d, name) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
  made.setAttribute("d", d);
  made.setAttribute("class", name);
  return made;
}

// The headers that the page sends, and the shown request as commands.

/** Reads lines such as `x-user: alice`; returns the headers, and the first line that is not one. */
export function readHeaders(text) {
  const headers = {};
  for (const line of text.split("\n").map((part) => part.trim()).filter(Boolean)) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
    if (!name) return { headers, wrong: line };
    try {
      new Headers([[name, value]]);
    } catch {
      return { headers, wrong: line };
    }
    headers[name.toLowerCase()] = value;
  }
  return { headers, wrong: null };
}

/** Quotes a text for a shell. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function curlCommand(request) {
  const headers = Object.entries(request.headers).map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`);
  return `curl -i${headers.join("")} ${quoted(request.url)}`;
}

/** The command that shows the trace, or null if the answer names none. */
export function traceCommand(request) {
  const id = request.tree?.trace?.id;
  return /^[0-9a-f]+$/i.test(id ?? "") ? `meshwalk trace ${id}` : null;
}

/** The version of the hop that failed: the deepest one with an error, or the one whose call failed. */
export function failedHop(tree) {
  if (!tree) return null;
  for (const call of tree.upstreams ?? []) {
    const below = failedHop(call.hop);
    if (below) return below;
    if (call.error || call.status >= 400) {
      return { service: call.hop?.service ?? call.name, version: call.hop?.version ?? null };
    }
  }
  return tree.status >= 400 ? { service: tree.service, version: tree.version ?? null } : null;
}

/** Copies a text. Without a secure origin the browser has no clipboard, so the text is selected instead. */
export async function copyText(node) {
  try {
    await navigator.clipboard.writeText(node.textContent);
    return "copied";
  } catch {
    getSelection().selectAllChildren(node);
    return document.execCommand("copy") ? "copied" : "selected";
  }
}

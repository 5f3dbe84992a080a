// The rows of the page, the filter, and the list.
const $ = (id) => document.getElementById(id);
const known = JSON.parse($("known").textContent);
const rows = [], findings = [];
for (const s of document.querySelectorAll("script.rows")) {
  for (const r of JSON.parse(s.textContent)) if (r) (r.n ? rows : findings).push(r);
  s.remove();
}

const PROTOCOLS = ["Capture", "MS-PCHC", "MS-PCCRR", "MS-PCCRD", "MS-PCCRTP", "MS-WUSP", "MS-WSUSSS"];
const STATES = ["ok", "warn", "bad", "bad", "problem", "note"]; // of the verdicts of a row

// place gives each finding to the row that it is about, or makes a row for it.
function placeFindings() {
  const at = new Map();
  const add = (r, frame) => {
    if (!frame) return;
    const key = (r.i || 0) + "/" + frame;
    if (!at.has(key)) at.set(key, new Set());
    at.get(key).add(r);
  };
  for (const r of rows) {
    r.W = r.V || []; // what its messages violate
    r.V = [];
    add(r, r.f);
    add(r, r.q);
  }
  for (const f of findings) {
    if (f.r.startsWith("CAPTURE_")) {
      rows.push({ ...f, p: 0, n: f.r, x: f.d, v: f.r === "CAPTURE_PROBLEM" ? 4 : 5, V: [] });
      continue;
    }
    const all = [...(at.get((f.i || 0) + "/" + f.f) || [])].filter((r) => r.m === f.m && (f.D !== "request" || !r.q || r.q === f.f) && (f.D !== "response" || r.f === f.f));
    const same = (v) => v.r === f.r && v.F === f.F && v.o === f.o && !v.taken;
    const r = all.find((r) => r.W.some(same)) || all[0];
    if (!r) {
      rows.push({ ...f, p: 0, n: f.r, x: f.d || "", V: [f] });
      continue;
    }
    const own = r.W.find(same);
    if (own) own.taken = true;
    r.V.push({ ...f, m: own ? own.m : undefined });
  }
  rows.sort((a, b) => (a.i || 0) - (b.i || 0) || (a.f || Infinity) - (b.f || Infinity) || 0);
}
if (known.findings) placeFindings();

const classOf = (rule) => (known.rules[rule] || {}).class || "";
for (const r of rows) {
  const V = r.V || [];
  r.state = STATES[r.v || 0];
  if (V.length && r.state !== "problem") r.state = V.every((v) => classOf(v.r) === "sender") && r.v !== 3 ? "warn" : "bad";
  r.words = [r.n, r.x, r.c, r.s, r.h, PROTOCOLS[r.p], frames(r), "frame " + r.f, r.q ? "frame " + r.q : "", ...V.flatMap((v) => [v.r, v.F, v.d])].join("\n").toLowerCase();
}

function frames(r) {
  return r.q && r.q !== r.f ? r.q + "-" + r.f : r.f ? String(r.f) : "-";
}

// clock writes a time in microseconds: "15:09:26.535897".
function clock(t, digits = 6) {
  const s = new Date(Math.floor(t / 1000)).toISOString().slice(11, 19);
  return digits ? s + "." + String(t % 1e6).padStart(6, "0").slice(0, digits) : s;
}

const took = (w) => (w === undefined ? "" : w >= 1e7 || w <= -1e7 ? (w / 1e6).toFixed(1) + " s" : (w / 1000).toFixed(1) + " ms");

// short cuts identifiers of segments as the text form does.
const short = (s) => (s || "").replace(/\b([0-9a-f]{16})[0-9a-f]{48}\b/g, "$1\u2026");

// inTwo parts what a row says into what may be cut and the result, which stays: "OK",
// "65536 bytes, verified".
function inTwo(text) {
  const at = text.lastIndexOf(": ") + 2;
  return at < 2 || text.length - at > 60 ? [element("span", {}, text)] : [element("span", {}, text.slice(0, at)), element("span", { class: "result" }, text.slice(at))];
}

function wrongText(r) {
  const V = r.V || [];
  if (!V.length) return "";
  const v = V[0], more = V.length - 1 + (r.M || 0);
  return [v.F, v.d].filter(Boolean).join(" ") + (more ? " (" + v.r + ", " + more + " more)" : " (" + v.r + ")");
}

// The filter.
let seen = rows.map((_, i) => i); // indices of the rows that it lets through
let cursor = -1; // in seen
const chosen = new Set(); // rules
const span = { from: -Infinity, to: Infinity }; // of time

const timeOf = (r) => r.t || r.a || 0;
const inTime = (r) => span.from === -Infinity || (timeOf(r) >= span.from && (r.a || timeOf(r)) <= span.to);

function filterBy() {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = $("filter").value.trim().toLowerCase();
  const type = $("type").value, state = $("state").value;
  const number = /^frame \d+$/.test(text) ? text : ""; // not "frame 17" for "frame 170"
  return (r) => {
    if (type && r.n !== type) return false;
    if (state === "wrong" && !(r.V && r.V.length) && r.v !== 3) return false;
    if (state === "right" && ((r.V && r.V.length) || r.v === 3 || r.v >= 4)) return false;
    if (state === "capture" && !(r.v >= 4)) return false;
    if (chosen.size && !(r.V || []).some((v) => chosen.has(v.r))) return false;
    if (number) return r.words.split("\n").includes(number);
    return words.every((w) => r.words.includes(w));
  };
}

function applyFilter() {
  const current = seen[cursor];
  const keeps = filterBy();
  const all = rows.map((_, i) => i).filter((i) => keeps(rows[i]));
  seen = all.filter((i) => inTime(rows[i]));
  cursor = seen.indexOf(current);
  $("shown").textContent = seen.length === rows.length ? rows.length + " rows" : seen.length + " of " + rows.length + " rows";
  $("list").classList.toggle("few", seen.length < 8);
  list.show(seen.length);
  if (!seen.length) list.room.replaceChildren(element("p", { class: "empty" }, "No row matches."));
  mark();
  timeline.draw(all);
}

// The list.
const list = new VirtualList($("list"), (n) => {
  const r = rows[seen[n]];
  const wrong = wrongText(r), text = short(r.x);
  const e = element("div", { role: "option", id: "row-" + seen[n], class: "row " + r.state, "aria-posinset": n + 1, "aria-setsize": seen.length, "aria-selected": String(n === cursor) },
    element("span", { class: "frames" }, frames(r)),
    element("span", { class: "clock" }, r.t ? clock(r.t) : "-"),
    element("span", { class: "ends" }, r.c ? r.c + " \u2192 " + r.s : "-"),
    element("span", { class: "name" }, r.n),
    element("span", { class: "text" }, ...inTwo(text), wrong ? element("span", { class: "wrong" }, (text ? "; " : "") + (r.state === "warn" ? "must not be sent: " : "violation: ") + wrong) : ""),
    element("span", { class: "took" }, took(r.w)));
  e.dataset.n = n;
  return e;
});

// mark marks the row under the cursor.
function mark() {
  for (const [n, e] of list.shown) if (e.dataset) e.setAttribute("aria-selected", String(n === cursor));
  if (cursor >= 0) $("list").setAttribute("aria-activedescendant", "row-" + seen[cursor]);
  else $("list").removeAttribute("aria-activedescendant");
}

function go(n) {
  if (n < 0 || n >= seen.length) return;
  cursor = n;
  list.reveal(n);
  mark();
  timeline.point(rows[seen[n]]);
}

$("list").addEventListener("click", (e) => {
  const row = e.target.closest(".row");
  if (!row) return;
  go(Number(row.dataset.n));
  openRow(false);
});
$("list").addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "Enter" && cursor >= 0) openRow(true);
  else {
    const to = step(e.key, cursor, seen.length, list.page());
    if (to === null) return;
    go(to);
    if (!$("detail").hidden) openRow(false);
  }
  e.preventDefault();
});

function openRow(focus) {
  detail.open(rows[seen[cursor]], focus);
}

// closeDetail goes back to the list.
function closeDetail() {
  detail.close();
  $("list").focus();
  if (cursor >= 0) list.reveal(cursor);
}

addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const typing = e.target.matches("input, select, textarea");
  if (e.key === "/" && !typing) {
    $("filter").focus();
    $("filter").select();
    e.preventDefault();
  } else if (e.key === "Escape") {
    if (!typing && !$("detail").hidden) closeDetail();
    else if (typing) $("list").focus();
  } else if (e.key === "Enter" && e.target === $("filter")) {
    if (cursor < 0) go(0);
    $("list").focus();
    e.preventDefault();
  }
});

let later = 0;
$("filter").addEventListener("input", () => {
  clearTimeout(later);
  later = setTimeout(applyFilter, 60);
});
for (const id of ["type", "state"]) $(id).addEventListener("change", applyFilter);
$("tools").addEventListener("submit", (e) => e.preventDefault());
$("tools").addEventListener("reset", () => {
  chosen.clear();
  pressRules();
  timeline.zoom(-Infinity, Infinity);
  setTimeout(applyFilter);
});

function pressRules() {
  for (const b of document.querySelectorAll(".rule")) b.setAttribute("aria-pressed", String(chosen.has(b.dataset.rule)));
}
for (const b of document.querySelectorAll(".rule")) {
  b.addEventListener("click", () => {
    if (!chosen.delete(b.dataset.rule)) chosen.add(b.dataset.rule);
    pressRules();
    applyFilter();
  });
}

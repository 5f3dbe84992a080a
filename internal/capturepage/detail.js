// The opened exchange: the fields and the bytes of its messages, side by side.
const SECRET = 1, STRUCTURE = 1, HIDDEN = 2;

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

const hexOf = (n, digits) => n.toString(16).padStart(digits, "0");
const bytesOf = (n) => n + (n === 1 ? " byte" : " bytes");

// MessageView is one message. A field is {o, l, depth, kind, name, value, V, leaf}.
class MessageView {
  constructor(box, m, violations, hint) {
    this.m = m;
    this.hint = hint;
    this.read(violations);
    this.lit = -1;
    this.tree = element("div", { class: "pane tree", role: "tree", tabindex: 0, "aria-label": "Fields of " + m.n });
    this.told = element("p", { class: "told", role: "status" });
    const panes = element("div", { class: "panes" }, this.tree);
    box.append(panes, this.told);
    this.treeList = new VirtualList(this.tree, (i) => this.field(i));
    this.lists = [this.treeList];
    if (m.b !== undefined && m.l) {
      this.hex = element("div", { class: "pane hex", tabindex: 0, role: "group", "aria-label": "Bytes of " + m.n + ". Left and right go from field to field." });
      panes.append(this.hex);
      this.wide = matchMedia("(max-width: 62rem)").matches && this.hex.clientWidth < 640 ? 8 : 16;
      this.hex.classList.add(this.wide === 16 ? "sixteen" : "eight");
      this.makeLines();
      this.hexList = new VirtualList(this.hex, (i) => this.line(i));
      this.lists.push(this.hexList);
      this.hex.classList.toggle("few", this.lines.length < 15);
      this.fit(this.hex, this.lines.length);
      this.hexList.show(this.lines.length);
    } else panes.style.gridTemplateColumns = "minmax(0, 1fr)";
    this.fit(this.tree, this.fields.length);
    this.treeList.show(this.fields.length);
    this.listen();
  }

  fit(pane, count) {
    if (count < 18) pane.style.height = "calc(" + count * 1.4 + "rem + 1.2rem)";
  }

  drop() { this.lists.forEach((l) => l.drop()); }

  // read makes the fields, with what they violate, and a field for what is missing.
  read(violations) {
    const path = [];
    this.fields = this.m.r.map(([o, l, depth, kind, name, value]) => {
      path.length = depth;
      path[depth] = name;
      return { o, l, depth, kind, name, value, path: path.join("."), V: [] };
    });
    const byPath = new Map(this.fields.map((f) => [f.path, f]));
    for (const v of violations) {
      if (!v.F || v.F.startsWith("http.")) continue;
      let f = byPath.get(v.F);
      if (!f && this.m.b !== undefined) {
        const steps = v.F.split(".");
        f = { o: v.o || 0, l: 0, depth: steps.length - 1, kind: 0, name: steps.at(-1), value: "missing, or not on this page", path: v.F, V: [] };
        const at = this.fields.findIndex((g) => g.o > f.o || g.o < 0);
        this.fields.splice(at < 0 ? this.fields.length : at, 0, f);
        byPath.set(v.F, f);
      }
      if (f) f.V.push(v);
    }
    this.leaves = [];
    this.fields.forEach((f, i) => {
      if (f.kind === STRUCTURE || f.o < 0 || !f.l) return;
      f.leaf = this.leaves.length;
      this.leaves.push(i);
    });
  }

  // leafAt returns the index in leaves of the field that has a byte, -1 for none.
  leafAt(offset) {
    let a = 0, b = this.leaves.length;
    while (a < b) {
      const mid = (a + b) >> 1;
      if (this.fields[this.leaves[mid]].o <= offset) a = mid + 1;
      else b = mid;
    }
    const f = this.fields[this.leaves[a - 1]];
    return f && offset < f.o + f.l ? a - 1 : -1;
  }

  // makeLines makes the lines of bytes. Secret bytes have their place in them, what is
  // left out has a line of its own.
  makeLines() {
    const bytes = atob(this.m.b), gaps = this.m.g;
    this.kept = bytes;
    this.lines = [];
    let at = 0, kept = 0; // in the message, in what is kept
    const known = []; // [from, to, begin in kept or -1]
    const put = (from, to, begin) => { if (to > from) known.push([from, to, begin]); };
    const flush = () => {
      if (!known.length) return;
      const end = known.at(-1)[1];
      for (let o = known[0][0]; o < end;) {
        const next = Math.min(end, o - (o % this.wide) + this.wide);
        this.lines.push({ o, n: next - o, known: known.filter((k) => k[0] < next && k[1] > o) });
        o = next;
      }
      known.length = 0;
    };
    for (const [from, length, kind] of gaps) {
      put(at, from, kept);
      kept += from - at;
      at = from + length;
      if (kind === SECRET) put(from, at, -1);
      else {
        flush();
        this.lines.push({ o: from, n: length, gap: true });
      }
    }
    put(at, at + bytes.length - kept, kept);
    flush();
  }

  byte(line, o) {
    const k = line.known.find((k) => k[0] <= o && o < k[1]);
    return k[2] < 0 ? -1 : this.kept.charCodeAt(k[2] + o - k[0]);
  }

  line(i) {
    const line = this.lines[i];
    const digits = Math.max(4, hexOf(this.m.l, 0).length);
    const e = element("div", { class: "line" }, element("span", { class: "at" }, hexOf(line.o, digits) + "  "));
    if (line.gap) {
      e.append(element("span", { class: "left-out" }, bytesOf(line.n) + " not on this page: " + this.hint));
      return e;
    }
    const lead = line.o % this.wide, text = [];
    if (lead) e.append(" ".repeat(3 * lead + (lead > 8 ? 1 : 0)));
    const column = (o) => o % this.wide;
    for (let o = line.o; o < line.o + line.n;) {
      const leaf = this.leafAt(o);
      let to = o + 1;
      while (to < line.o + line.n && this.leafAt(to) === leaf) to++;
      let hex = "", ascii = "";
      for (let b = o; b < to; b++) {
        const v = this.byte(line, b);
        hex += (b > o ? (column(b) === 8 ? "  " : " ") : "") + (v < 0 ? "\u00b7\u00b7" : hexOf(v, 2));
        ascii += v < 0 ? "\u00b7" : v >= 0x20 && v < 0x7f ? String.fromCharCode(v) : ".";
      }
      const f = leaf < 0 ? null : this.fields[this.leaves[leaf]];
      const cls = (f ? "c" + (leaf % 8) : "soft") + (f && f.V.length ? " wrong" : "");
      for (const [s, to2] of [[hex, e], [ascii, text]]) {
        const part = element("span", { class: cls, "data-o": o, "data-n": to - o, title: f ? f.path : null }, s);
        if (to2 === e) e.append(part, to < line.o + line.n ? (column(to) === 8 ? "  " : " ") : "");
        else text.push(part);
      }
      o = to;
    }
    const end = lead + line.n;
    e.append(" ".repeat(3 * (this.wide - end) + (end <= 8 && this.wide > 8 ? 1 : 0) + 2 + lead), ...text);
    this.lightLine(e);
    return e;
  }

  field(i) {
    const f = this.fields[i];
    const e = element("div", { class: "line" + (f.kind === STRUCTURE ? " structure" : ""), role: "treeitem", "aria-level": f.depth + 1, "data-i": i, id: this.id(i) },
      "  ".repeat(f.depth), element("span", { class: "name" + (f.leaf !== undefined ? " c" + (f.leaf % 8) : "") }, f.name), "  ", element("span", { class: "value" }, f.value || this.digits(f)));
    if (f.kind === HIDDEN && f.value !== "redacted") e.append(element("span", { class: "at" }, "  redacted"));
    if (f.V.length) {
      const sender = f.V.every((v) => classOf(v.r) === "sender");
      e.classList.add("bad");
      if (sender) e.classList.add("sender");
      e.append(element("span", { class: "v" + (sender ? " sender" : ""), title: f.V.map((v) => v.r + ": " + ((known.rules[v.r] || {}).text || "")).join("\n") }, "  ! " + f.V.map((v) => v.d + " (" + v.r + ")").join("; ")));
    }
    this.lightField(e, i);
    return e;
  }

  // digits are the first bytes of a field whose meaning is its bytes.
  digits(f) {
    if (f.leaf === undefined || f.kind === HIDDEN || !this.lines) return "";
    const line = this.lines.find((l) => f.o < l.o + l.n);
    if (!line || line.gap) return "";
    let hex = "";
    for (let o = f.o; o < Math.min(f.o + f.l, f.o + 8, line.o + line.n); o++) {
      const v = this.byte(line, o);
      if (v < 0) return "";
      hex += hexOf(v, 2);
    }
    return hex + (hex.length < 2 * f.l ? "\u2026" : "");
  }

  id(i) {
    if (!this.number) this.number = ++MessageView.count;
    return "field-" + this.number + "-" + i;
  }
  static count = 0;

  lightField(e, i) {
    e.classList.toggle("lit", i === this.lit);
    e.classList.toggle("here", i === this.lit);
    e.setAttribute("aria-selected", String(i === this.lit));
  }

  lightLine(e) {
    const f = this.fields[this.lit];
    for (const s of e.querySelectorAll("[data-o]")) {
      const o = Number(s.dataset.o);
      s.classList.toggle("lit", !!f && f.o >= 0 && o < f.o + f.l && f.o < o + Number(s.dataset.n));
    }
  }

  // light lights a field and its bytes.
  light(i) {
    if (i === this.lit) return;
    this.lit = i;
    for (const [n, e] of this.treeList.shown) this.lightField(e, n);
    if (this.hexList) for (const e of this.hexList.shown.values()) this.lightLine(e);
    const f = this.fields[i];
    if (i >= 0) this.tree.setAttribute("aria-activedescendant", this.id(i));
    this.told.textContent = !f ? "" : (f.o < 0 ? "computed, not on the wire" : "offset " + f.o + " (0x" + hexOf(f.o, 1) + "), " + bytesOf(f.l)) + ": " + f.path + (f.value ? " = " + f.value : "");
  }

  revealBytes() {
    const f = this.fields[this.lit];
    if (!this.hexList || !f || f.o < 0) return;
    const n = this.lines.findIndex((l) => f.o < l.o + l.n);
    if (n >= 0) this.hexList.reveal(n);
  }

  choose(i) {
    this.light(i);
    this.treeList.reveal(i);
    this.revealBytes();
  }

  listen() {
    const fieldOf = (e) => e.target.closest && e.target.closest("[data-i]");
    this.tree.addEventListener("mouseover", (e) => { const x = fieldOf(e); if (x) { this.light(Number(x.dataset.i)); this.revealBytes(); } });
    this.tree.addEventListener("click", (e) => { const x = fieldOf(e); if (x) this.choose(Number(x.dataset.i)); });
    this.tree.addEventListener("focus", () => { if (this.lit < 0) this.choose(0); });
    this.tree.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      let to = step(e.key, this.lit, this.fields.length, this.treeList.page());
      if (e.key === "ArrowLeft") { // to the structure around it
        for (to = Math.max(this.lit, 0); to > 0 && this.fields[to].depth >= this.fields[this.lit].depth;) to--;
      }
      if (to === null) return;
      this.choose(to);
      e.preventDefault();
    });
    if (!this.hex) return;
    const lightAt = (o) => {
      const leaf = this.leafAt(o);
      if (leaf < 0) return false;
      this.light(this.leaves[leaf]);
      this.treeList.reveal(this.leaves[leaf]);
      return true;
    };
    for (const kind of ["mouseover", "click"]) {
      this.hex.addEventListener(kind, (e) => { const x = e.target.closest && e.target.closest("[data-o]"); if (x) lightAt(Number(x.dataset.o)); });
    }
    this.hex.addEventListener("focus", () => { if (this.lit < 0) lightAt(0); });
    this.hex.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || !this.leaves.length) return;
      const f = this.fields[this.lit];
      let leaf = f ? this.leaves.findIndex((i) => i >= this.lit) : 0;
      if (leaf < 0) leaf = this.leaves.length - 1;
      const first = this.fields[this.leaves[leaf]];
      const near = (o) => { const n = this.leaves.findIndex((i) => this.fields[i].o + this.fields[i].l > o); return n < 0 ? this.leaves.length - 1 : n; };
      switch (e.key) {
        case "ArrowRight": leaf++; break;
        case "ArrowLeft": leaf--; break;
        case "ArrowDown": case "j": leaf = Math.max(leaf + 1, near(first.o + this.wide)); break;
        case "ArrowUp": case "k": leaf = Math.min(leaf - 1, near(Math.max(0, first.o - this.wide))); break;
        case "Home": leaf = 0; break;
        case "End": leaf = this.leaves.length - 1; break;
        default: return;
      }
      this.choose(this.leaves[Math.max(0, Math.min(this.leaves.length - 1, leaf))]);
      e.preventDefault();
    });
  }
}

const detail = {
  box: $("detail"),
  views: [],
  wanted: null,

  close() {
    this.views.forEach((v) => v.drop());
    this.views = [];
    this.wanted = null;
    this.box.hidden = true;
    this.box.replaceChildren();
    document.querySelector("main").classList.remove("opened");
  },

  async open(r, focus) {
    if (this.wanted === r) {
      if (focus) this.focus();
      return;
    }
    this.wanted = r;
    let messages = [], failure = "";
    try {
      if (r.b) messages = await unpack(r.b);
    } catch (e) {
      failure = "This browser cannot unpack the messages: " + e.message;
    }
    if (this.wanted !== r) return; // another one was opened meanwhile
    this.close();
    this.wanted = r;
    this.box.hidden = false;
    document.querySelector("main").classList.add("opened");
    this.show(r, messages, failure);
    this.sight();
    if (cursor >= 0) list.reveal(cursor);
    if (focus) this.focus();
  },

  // sight brings the exchange into sight, if there is room below its row.
  sight() {
    if (this.box.getBoundingClientRect().top < innerHeight * 0.6) return;
    const narrow = matchMedia("(max-width: 62rem)").matches;
    (narrow ? this.box : $("tools")).scrollIntoView({ block: "start" });
  },

  focus() {
    const to = this.views.length ? this.views[0].tree : this.box.querySelector("button");
    to.focus({ preventScroll: true });
  },

  show(r, messages, failure) {
    const capture = known.captures[r.i || 0] || {};
    const hint = known.show.replace("FRAME", r.f || r.q || 0).replace("FILE", capture.file || "");
    const back = element("button", { type: "button" }, "Close (Esc)");
    back.addEventListener("click", closeDetail);
    this.box.append(element("h2", {}, element("span", {}, r.n), back));
    const facts = [r.c ? r.c + " \u2192 " + r.s : "", r.f ? (r.q && r.q !== r.f ? "frames " : "frame ") + frames(r) : "", r.t ? new Date(r.t / 1000).toISOString().slice(0, 10) + " " + clock(r.t) + " UTC" : "",
      r.m !== undefined ? "TCP connection " + r.m : "", r.w !== undefined ? "response after " + took(r.w) : "", r.h, capture.label];
    this.box.append(element("p", { class: "soft" }, facts.filter(Boolean).join(", ")), element("p", {}, r.x || ""));
    this.box.append(this.verdicts(r));
    if (failure) this.box.append(element("p", { class: "failure" }, failure));
    if (r.o) this.box.append(element("p", { class: "failure" }, "The bytes and fields of this exchange are not on this page, which is full: ", element("code", {}, hint)));
    messages.forEach((m, n) => {
      const mine = (r.V || []).filter((v) => (v.m !== undefined ? v.m === n : !v.D || v.D === m.h || messages.length === 1));
      this.box.append(element("h3", {}, m.h[0].toUpperCase() + m.h.slice(1) + ": " + m.n + ", " + bytesOf(m.l) + (m.s ? " (" + m.s + ")" : "")));
      for (const t of m.t || []) this.box.append(element("p", { class: "mono" }, t));
      const view = new MessageView(this.box, m, mine, hint);
      this.views.push(view);
      if (m.k) this.box.append(element("p", { class: "failure" }, m.k + " more rows of its tree are not on this page: ", element("code", {}, hint)));
    });
  },

  verdicts(r) {
    const ul = element("ul", { class: "verdicts" });
    for (const v of r.V || []) {
      const rule = known.rules[v.r] || {};
      const b = element("button", { type: "button" }, [v.F, v.d].filter(Boolean).join(" "), " ", element("code", {}, v.r), rule.class ? " " + rule.class : "",
        element("span", { class: "requirement" }, [rule.section, rule.text].filter(Boolean).join(": ")));
      b.addEventListener("click", () => {
        for (const view of this.views) {
          const i = view.fields.findIndex((f) => f.V.includes(v));
          if (i < 0) continue;
          view.choose(i);
          view.tree.focus();
        }
      });
      ul.append(element("li", { class: rule.class || "" }, b));
    }
    if (r.M) ul.append(element("li", {}, r.M + " more violations are not listed"));
    return ul;
  },
};

applyFilter();

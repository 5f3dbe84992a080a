// The time line: a lane for each protocol, a bar for the exchanges of each column.
const SVG = "http://www.w3.org/2000/svg";

function drawing(name, attributes, text) {
  const e = document.createElementNS(SVG, name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
}

class Timeline {
  static mostColumns = 240;
  static lane = 40;
  static rank = ["ok", "note", "warn", "bad", "problem"];

  constructor(box) {
    this.box = box;
    this.all = [];
    const timed = rows.filter((r) => timeOf(r));
    this.first = Infinity;
    this.last = -Infinity;
    for (const r of timed) {
      this.first = Math.min(this.first, r.a || timeOf(r));
      this.last = Math.max(this.last, timeOf(r));
    }
    this.lanes = [...new Set(timed.map((r) => r.p || 0))].sort((a, b) => a - b);
    this.column = 0; // under the cursor
    $("time").hidden = !timed.length;
    if (!timed.length) return;
    if (this.last === this.first) this.last += 1000;
    this.svg = drawing("svg", { "aria-hidden": "true" });
    box.append(this.svg);
    new ResizeObserver(() => this.draw(this.all)).observe(box);
    this.listen();
  }

  from() { return Math.max(span.from, this.first); }
  to() { return Math.min(span.to, this.last); }

  // zoom shows, and lets through the filter, what is between two times.
  zoom(from, to) {
    span.from = from <= this.first ? -Infinity : from;
    span.to = to >= this.last ? Infinity : to;
    if (span.from === -Infinity && span.to !== Infinity) span.from = this.first;
  }

  scale(factor, at) {
    const from = this.from(), to = this.to();
    const length = Math.max(200, (to - from) * factor);
    const start = at - (length * (at - from)) / (to - from || 1);
    this.zoom(Math.round(Math.max(start, this.first)), Math.round(start + length));
    applyFilter();
  }

  draw(all) {
    this.all = all;
    if (!this.svg) return;
    const width = this.box.clientWidth, height = this.lanes.length * Timeline.lane + 22;
    if (width < 20) return;
    const from = this.from(), to = Math.max(this.to(), from + 1);
    const columns = (this.columns = Math.min(Timeline.mostColumns, Math.floor(width / 4)));
    const cells = this.lanes.map(() => new Array(columns));
    const place = (t) => Math.min(columns - 1, Math.max(0, Math.floor(((t - from) / (to - from)) * columns)));
    let most = 1;
    for (const i of all) {
      const r = rows[i];
      if (!timeOf(r) || !inTime(r)) continue;
      const lane = cells[this.lanes.indexOf(r.p || 0)], c = place(r.a || timeOf(r));
      const cell = (lane[c] = lane[c] || { count: 0, wrong: 0, worst: 0, row: i, end: 0 });
      const rank = Timeline.rank.indexOf(r.state);
      if (rank > cell.worst) {
        cell.worst = rank;
        cell.row = i;
      }
      cell.count++;
      if (rank > 1) cell.wrong++;
      cell.end = Math.max(cell.end, place(timeOf(r)));
      most = Math.max(most, cell.count);
    }
    this.cells = cells;
    const parts = [], w = width / columns;
    this.lanes.forEach((p, n) => {
      const top = n * Timeline.lane;
      if (n % 2) parts.push(drawing("rect", { class: "lane", x: 0, y: top, width, height: Timeline.lane }));
      cells[n].forEach((cell, c) => {
        const h = 6 + (18 * Math.log(cell.count)) / Math.log(most + 1);
        const wide = cell.count === 1 ? Math.max(1, cell.end - c + 1) : 1;
        parts.push(drawing("rect", { class: Timeline.rank[cell.worst], x: (c * w).toFixed(1), y: (top + Timeline.lane - 3 - h).toFixed(1), width: Math.max(2, wide * w - 1).toFixed(1), height: h.toFixed(1) }));
      });
      parts.push(drawing("text", { x: 6, y: top + 13 }, PROTOCOLS[p]));
    });
    parts.push(...this.ticks(from, to, width, height));
    this.svg.setAttribute("height", height);
    this.svg.replaceChildren(...parts);
    this.marks();
  }

  ticks(from, to, width, height) {
    const steps = [1, 2, 5].flatMap((k) => [...Array(10).keys()].map((e) => k * 10 ** e)).concat([15e6, 30e6, 60e6, 120e6, 300e6, 600e6, 1800e6, 36e8, 72e8, 216e8, 864e8]).sort((a, b) => a - b);
    const room = Math.max(1, Math.floor(width / 120));
    const by = steps.find((s) => (to - from) / s <= room) || (to - from) / room;
    const digits = by >= 1e6 ? 0 : by >= 1000 ? 3 : 6;
    const parts = [];
    for (let t = Math.ceil(from / by) * by; t <= to; t += by) {
      const x = ((t - from) / (to - from)) * width;
      parts.push(drawing("path", { class: "tick", d: "M" + x.toFixed(1) + " 0V" + (height - 16) }));
      if (x > 30 && x < width - 40) parts.push(drawing("text", { x: x.toFixed(1), y: height - 5, "text-anchor": "middle" }, clock(Math.round(t), digits)));
    }
    return parts;
  }

  // marks draws the cursor and what is dragged.
  marks() {
    for (const e of this.svg.querySelectorAll(".cursor, .drag")) e.remove();
    const height = this.lanes.length * Timeline.lane, w = this.box.clientWidth / this.columns;
    if (this.drag && this.drag.to !== this.drag.from) {
      const [a, b] = [this.drag.from, this.drag.to].sort((x, y) => x - y);
      this.svg.append(drawing("rect", { class: "drag", x: a, y: 0, width: b - a, height }));
    }
    if (this.pointed || document.activeElement === this.box) {
      const x = (this.column + 0.5) * w;
      this.svg.append(drawing("path", { class: "cursor", d: "M" + x.toFixed(1) + " 0V" + height }));
    }
  }

  timeAt(x) { return this.from() + ((this.to() - this.from()) * x) / this.box.clientWidth; }
  columnAt(x) { return Math.max(0, Math.min(this.columns - 1, Math.floor((x / this.box.clientWidth) * this.columns))); }

  // tell says what is in the column under the cursor.
  tell() {
    const cells = this.cells.map((lane, n) => [PROTOCOLS[this.lanes[n]], lane[this.column]]).filter(([, c]) => c);
    const t = Math.round(this.from() + ((this.to() - this.from()) * this.column) / this.columns);
    $("moment").textContent = clock(t, 3) + (cells.length ? ": " + cells.map(([p, c]) => c.count + " " + p + (c.wrong ? " (" + c.wrong + " wrong)" : "")).join(", ") : "");
  }

  // jump goes to the worst exchange of a column, or of the nearest one that has any.
  jump(lane) {
    for (let d = 0; d < this.columns; d++) {
      for (const c of [this.column - d, this.column + d]) {
        const found = this.cells.map((l, n) => ({ cell: l[c], n })).filter((x) => x.cell).sort((a, b) => (b.n === lane) - (a.n === lane) || b.cell.worst - a.cell.worst)[0];
        if (!found) continue;
        go(seen.indexOf(found.cell.row));
        openRow(false);
        return;
      }
    }
  }

  // point puts the cursor where a row is.
  point(r) {
    if (!this.svg || !this.columns || !timeOf(r)) return;
    const x = (((r.a || timeOf(r)) - this.from()) / (this.to() - this.from() || 1)) * this.box.clientWidth;
    this.pointed = true;
    this.column = this.columnAt(x);
    this.marks();
  }

  listen() {
    const x = (e) => e.clientX - this.box.getBoundingClientRect().left;
    this.box.addEventListener("pointermove", (e) => {
      if (this.drag) this.drag.to = x(e);
      this.column = this.columnAt(x(e));
      this.pointed = true;
      this.marks();
      this.tell();
    });
    this.box.addEventListener("pointerdown", (e) => {
      if (e.button) return;
      this.drag = { from: x(e), to: x(e) };
      this.box.setPointerCapture(e.pointerId);
    });
    this.box.addEventListener("pointerup", (e) => {
      const drag = this.drag;
      this.drag = null;
      if (!drag) return;
      this.marks();
      if (Math.abs(drag.to - drag.from) < 5) {
        this.column = this.columnAt(drag.from);
        this.jump(Math.floor((e.clientY - this.box.getBoundingClientRect().top) / Timeline.lane));
        return;
      }
      const [a, b] = [this.timeAt(drag.from), this.timeAt(drag.to)].sort((p, q) => p - q);
      this.zoom(Math.round(a), Math.round(b));
      applyFilter();
    });
    this.box.addEventListener("pointercancel", () => { this.drag = null; });
    const middle = () => this.from() + ((this.to() - this.from()) * (this.column + 0.5)) / this.columns;
    this.box.addEventListener("keydown", (e) => {
      switch (e.key) {
        case "ArrowLeft": case "ArrowRight":
          this.column = Math.max(0, Math.min(this.columns - 1, this.column + (e.key === "ArrowLeft" ? -1 : 1)));
          break;
        case "+": case "=": this.scale(0.5, middle()); break;
        case "-": this.scale(2, middle()); break;
        case "0": this.zoom(-Infinity, Infinity); applyFilter(); break;
        case "Enter": this.jump(-1); break;
        default: return;
      }
      e.preventDefault();
      this.marks();
      this.tell();
    });
    this.box.addEventListener("blur", () => this.marks());
    this.box.addEventListener("focus", () => this.marks());
    $("closer").addEventListener("click", () => this.scale(0.5, middle()));
    $("wider").addEventListener("click", () => this.scale(2, middle()));
    $("whole").addEventListener("click", () => { this.zoom(-Infinity, Infinity); applyFilter(); });
  }
}

const timeline = new Timeline($("lanes"));

// element makes an element; attributes are set, never parsed as HTML.
function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes || {})) {
    if (v === true) e.setAttribute(k, "");
    else if (v !== false && v !== null && v !== undefined) e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}

// VirtualList shows rows of one height in an element that scrolls, and makes only
// those in sight. For print it makes the first thousand.
class VirtualList {
  static all = new Set();
  static mostPrinted = 1000;

  constructor(box, make) {
    this.box = box;
    this.make = make; // makes the element of a row
    this.count = 0;
    this.shown = new Map();
    this.room = element("div", { role: "presentation", class: "room" });
    box.replaceChildren(this.room);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(box);
    VirtualList.all.add(this);
  }

  drop() {
    this.observer.disconnect();
    VirtualList.all.delete(this);
  }

  // height is that of a row, which the style says.
  height() {
    return parseFloat(getComputedStyle(this.box).getPropertyValue("--row")) * parseFloat(getComputedStyle(document.documentElement).fontSize) || 28;
  }

  show(count) {
    this.count = count;
    this.again();
  }

  // again makes all rows in sight anew.
  again() {
    for (const e of this.shown.values()) e.remove();
    this.shown.clear();
    this.draw();
  }

  draw() {
    if (this.printing) return;
    const h = this.height();
    this.room.style.height = this.count * h + "px";
    const from = Math.max(0, Math.floor(this.box.scrollTop / h) - 4);
    const to = Math.min(this.count, Math.ceil((this.box.scrollTop + this.box.clientHeight) / h) + 4);
    for (const [i, e] of this.shown) {
      if (i < from || i >= to) {
        e.remove();
        this.shown.delete(i);
      }
    }
    for (let i = from; i < to; i++) {
      let e = this.shown.get(i);
      if (!e) {
        e = this.make(i);
        this.shown.set(i, e);
        this.room.append(e);
      }
      e.style.top = i * h + "px";
    }
  }

  // reveal scrolls as little as shows a row.
  reveal(i) {
    const h = this.height(), top = i * h;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + h > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + h - this.box.clientHeight;
    this.draw();
  }

  // page is how many rows are in sight.
  page() {
    return Math.max(1, Math.floor(this.box.clientHeight / this.height()) - 1);
  }

  print(on) {
    this.printing = on;
    this.box.classList.toggle("printed", on);
    if (!on) return this.again();
    for (const e of this.shown.values()) e.remove();
    this.shown.clear();
    const most = Math.min(this.count, VirtualList.mostPrinted);
    for (let i = 0; i < most; i++) {
      const e = this.make(i);
      this.shown.set(i, e);
      this.room.append(e);
    }
    if (most < this.count) {
      const e = element("div", { class: "more" }, (this.count - most) + " more rows are not printed");
      this.shown.set(most, e);
      this.room.append(e);
    }
  }
}

addEventListener("beforeprint", () => VirtualList.all.forEach((l) => l.print(true)));
addEventListener("afterprint", () => VirtualList.all.forEach((l) => l.print(false)));

// step returns where a key leads from row i of count, null for a key that moves nothing.
function step(key, i, count, page) {
  switch (key) {
    case "ArrowDown": case "j": i++; break;
    case "ArrowUp": case "k": i--; break;
    case "PageDown": i += page; break;
    case "PageUp": i -= page; break;
    case "Home": i = 0; break;
    case "End": i = count - 1; break;
    default: return null;
  }
  return Math.max(0, Math.min(count - 1, i));
}

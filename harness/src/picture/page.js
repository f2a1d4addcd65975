"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const marks = data.marks;
  const bySeq = new Map(marks.map((mark, index) => [mark.seq, index]));
  const kinds = ["refused", "course", "call", "replication", "wait", "policy", "fault", "log", "state"];
  const names = { refused: "refused", course: "course", call: "calls", replication: "replication", wait: "waits", policy: "policy", fault: "faults", log: "log lines", state: "states" };
  const ROW = 22, LANE = 24, AXIS = 26, TRAFFIC = 40;

  // What is selected and shown; it stands in the address, so that a link leads to the same place.
  const view = { from: 0, to: Math.max(data.end, 1), even: false, selected: null, evidence: new Set(), query: "", off: new Set(["state"]) };

  const clock = (ms) => {
    const sign = ms < 0 ? "-" : "", t = Math.abs(ms), pad = (n, width = 2) => String(n).padStart(width, "0");
    const days = Math.floor(t / 86400000);
    return sign + (days ? days + "d " : "") + pad(Math.floor(t / 3600000) % 24) + ":" + pad(Math.floor(t / 60000) % 60) + ":" + pad(Math.floor(t / 1000) % 60) + "." + pad(t % 1000, 3);
  };

  // ---- head and claims
  $("verdict").textContent = data.result;
  $("verdict").classList.add(data.result);
  $("name").textContent = data.name;
  $("title").textContent = data.title;
  $("about").textContent = `seed ${data.seed} · ${data.events} events · ${data.lasted} · ${data.file}`;
  if (data.thinned) {
    $("notice").hidden = false;
    $("notice").textContent = `${marks.length} of ${data.events} events are shown: ${data.thinned} that say least were left out. Numbers are those of events.jsonl, which has them all.`;
  }
  const holding = make("details");
  holding.append(make("summary", ""));
  let holds = 0;
  const words = { fails: "fails", untold: "cannot be told", "broken-as-stated": "broken, as stated", holds: "holds" };
  data.claims.forEach((claim, number) => {
    const button = make("button", undefined, "claim " + claim.state);
    button.dataset.claim = number;
    button.append(make("span", `${words[claim.state]}`, "state"));
    const place = claim.line ? `${claim.kind}, line ${claim.line}: ` : `${claim.kind} `;
    button.append(make("span", place + claim.text));
    if (claim.seen) button.append(make("span", claim.seen, "seen"));
    const there = claim.evidence.filter((seq) => bySeq.has(seq));
    if (!there.length) button.disabled = true;
    button.addEventListener("click", () => {
      document.querySelectorAll(".claim.on").forEach((other) => other.classList.remove("on"));
      button.classList.add("on");
      view.evidence = new Set(there);
      select(there[there.length - 1], true);
    });
    if (claim.state === "holds") { holding.append(button); holds += 1; } else $("claims").append(button);
  });
  if (holds) {
    holding.firstChild.textContent = `${holds} that hold`;
    $("claims").append(holding);
  }
  kinds.forEach((kind) => {
    const label = make("label"), box = make("input"), dot = make("span", undefined, "dot");
    box.type = "checkbox";
    box.checked = !view.off.has(kind);
    box.dataset.kind = kind;
    dot.style.background = `var(--${kind})`;
    box.addEventListener("change", () => { box.checked ? view.off.delete(kind) : view.off.add(kind); refilter(); });
    label.append(box, dot, names[kind]);
    $("kinds").append(label);
  });

  // ---- which events are listed
  let shown = [], hits = new Set();
  const matches = (mark, query) => {
    if (query.startsWith("#")) return String(mark.seq) === query.slice(1);
    return (mark.text + " " + mark.host + " " + mark.actor).toLowerCase().includes(query);
  };
  function refilter() {
    shown = [];
    for (let index = 0; index < marks.length; index += 1) {
      const mark = marks[index];
      if (!view.off.has(mark.kind) || mark.seq === view.selected || view.evidence.has(mark.seq)) shown.push(index);
    }
    const query = view.query.trim().toLowerCase();
    hits = new Set(query ? shown.filter((index) => matches(marks[index], query)) : []);
    $("hits").textContent = query ? `${hits.size} found` : "";
    $("tall").style.height = shown.length * ROW + "px";
    list();
    draw();
  }

  // ---- the table, of which only what can be seen exists
  const row = (index) => {
    const mark = marks[index], node = make("div", undefined, "row " + mark.kind);
    node.dataset.seq = mark.seq;
    if (hits.has(index)) node.classList.add("hit");
    if (view.evidence.has(mark.seq)) node.classList.add("evidence");
    if (mark.seq === view.selected) { node.classList.add("on"); node.setAttribute("aria-current", "true"); }
    node.append(make("span", "#" + mark.seq), make("span", clock(mark.at)), make("span", mark.host), make("span", mark.actor), make("span", mark.text));
    node.title = mark.text;
    node.addEventListener("click", () => select(mark.seq, false));
    return node;
  };
  function list() {
    const first = Math.max(0, Math.floor($("scroll").scrollTop / ROW) - 10);
    const last = Math.min(shown.length, first + Math.ceil($("scroll").clientHeight / ROW) + 20);
    const rows = $("rows");
    rows.style.top = first * ROW + "px";
    rows.replaceChildren(...shown.slice(first, last).map(row));
  }
  $("scroll").addEventListener("scroll", () => requestAnimationFrame(list));

  // ---- the picture
  const canvas = $("lanes"), stage = $("stage"), pen = canvas.getContext("2d");
  let width = 0, height = 0, left = 0, places = [], colours = {};
  const span = () => (view.even ? Math.max(marks.length, 1) : Math.max(data.end, 1));
  const value = (index) => (view.even ? index : marks[index].at);
  // Where an instant lies when events are spaced evenly: after the last event before it.
  const at = (ms) => {
    if (!view.even) return ms;
    let low = 0, high = marks.length;
    while (low < high) { const middle = (low + high) >> 1; marks[middle].at < ms ? (low = middle + 1) : (high = middle); }
    return low;
  };
  const x = (v) => left + ((v - view.from) / (view.to - view.from)) * (width - left - 8);
  function size() {
    width = stage.clientWidth || 800;
    left = Math.min(210, Math.round(width * 0.3));
    height = AXIS + data.lanes.length * LANE + TRAFFIC + 8;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = height + "px";
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const style = getComputedStyle(document.documentElement);
    colours = new Proxy({}, { get: (_, name) => style.getPropertyValue("--" + name).trim() });
    const kept = {};
    for (const name of ["ground", "panel", "line", "ink", "faint", "accent", "select", "bad", "life", "waiting", "vain", "down", "zone", "end", ...kinds]) kept[name] = colours[name];
    colours = kept;
  }
  const top = (lane) => AXIS + lane * LANE;
  const barColour = { life: "life", wait: "waiting", "timed-out": "vain", down: "down", fault: "zone" };
  function clip(text, room) {
    if (pen.measureText(text).width <= room) return text;
    let end = text.length;
    while (end > 1 && pen.measureText(text.slice(0, end) + "…").width > room) end -= 1;
    return text.slice(0, end) + "…";
  }
  function draw() {
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = colours.ground;
    pen.fillRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    // Lanes.
    data.lanes.forEach((lane, number) => {
      if (number % 2 === 0) { pen.fillStyle = colours.panel; pen.fillRect(0, top(number), width, LANE); }
      if (lane.head) { pen.fillStyle = colours.line; pen.fillRect(0, top(number), width, 1); }
    });
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, width - left, height);
    pen.clip();
    axis();
    for (const bar of data.bars) {
      const from = x(at(bar.from)), to = Math.max(x(at(bar.to)), from + 2);
      if (to < left || from > width) continue;
      pen.fillStyle = colours[barColour[bar.kind]];
      const thin = bar.kind === "life" ? 8 : 3;
      pen.fillRect(Math.max(from, left - 2), top(bar.lane) + thin, Math.min(to, width + 2) - Math.max(from, left - 2), LANE - 2 * thin);
    }
    arrows();
    points();
    traffic();
    pen.restore();
    labels();
    const chosen = bySeq.get(view.selected);
    if (chosen !== undefined) {
      const at = x(value(chosen));
      if (at >= left) {
        pen.strokeStyle = colours.accent;
        pen.lineWidth = 1;
        pen.beginPath(); pen.moveTo(at + 0.5, AXIS); pen.lineTo(at + 0.5, height); pen.stroke();
        pen.lineWidth = 2;
        pen.beginPath(); pen.arc(at, top(marks[chosen].lane) + LANE / 2, 8, 0, 7); pen.stroke();
      }
    }
  }
  function axis() {
    const steps = [1, 10, 100, 1000, 5000, 15000, 60000, 300000, 900000, 1800000, 3600000, 7200000, 14400000, 43200000, 86400000, 604800000, 2592000000, 31536000000];
    const room = Math.max(2, Math.floor((width - left) / 90));
    const reach = view.to - view.from;
    const step = view.even ? Math.max(1, Math.ceil(reach / room)) : steps.find((step) => reach / step <= room) || reach;
    pen.textAlign = "left";
    for (let v = Math.ceil(view.from / step) * step; v <= view.to; v += step) {
      const at = x(v);
      pen.fillStyle = colours.line;
      pen.fillRect(at, AXIS - 6, 1, height);
      pen.fillStyle = colours.faint;
      const text = view.even ? (marks[Math.min(v, marks.length - 1)] ? clock(marks[Math.min(v, marks.length - 1)].at).replace(/\.\d+$/, "") : "") : step < 1000 ? clock(v) : clock(v).replace(/\.\d+$/, "");
      if (at + pen.measureText(text).width < width) pen.fillText(text, at + 3, AXIS / 2 - 1);
    }
  }
  function arrows() {
    if (view.off.has("replication")) return;
    pen.strokeStyle = colours.replication;
    pen.fillStyle = colours.replication;
    // Many of them are drawn fainter, so that what lies below stays readable.
    const strength = Math.min(0.45, Math.max(0.08, 25 / Math.max(1, data.arrows.length)));
    for (const arrow of data.arrows) {
      const from = bySeq.get(arrow.from), to = bySeq.get(arrow.to);
      if (from === undefined || to === undefined) continue;
      const [x1, x2] = [x(value(from)), x(value(to))];
      if (Math.max(x1, x2) < left || Math.min(x1, x2) > width) continue;
      const [y1, y2] = [top(marks[from].lane) + LANE / 2, top(marks[to].lane) + LANE / 2];
      const near = marks[from].seq === view.selected || marks[to].seq === view.selected;
      pen.globalAlpha = near ? 1 : strength;
      pen.lineWidth = near ? 2 : 1;
      pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(x2, y2); pen.stroke();
      const angle = Math.atan2(y2 - y1, x2 - x1);
      pen.beginPath();
      pen.moveTo(x2, y2);
      pen.lineTo(x2 - 8 * Math.cos(angle - 0.4), y2 - 8 * Math.sin(angle - 0.4));
      pen.lineTo(x2 - 8 * Math.cos(angle + 0.4), y2 - 8 * Math.sin(angle + 0.4));
      pen.fill();
    }
    pen.globalAlpha = 1;
    pen.lineWidth = 1;
  }
  function points() {
    places = [];
    const last = new Map();
    const order = { state: 0, log: 1, call: 2, wait: 2, replication: 3, course: 3, policy: 3, fault: 4, refused: 5, end: 5 };
    const query = hits.size > 0;
    const todo = [];
    for (const index of shown) {
      const mark = marks[index], at = x(value(index));
      if (at < left - 6 || at > width + 6) continue;
      const key = mark.lane + ":" + Math.round(at / 2), weight = order[mark.kind] + (view.evidence.has(mark.seq) || hits.has(index) ? 10 : 0);
      const known = last.get(key);
      // Where many events fall on one point, the one that says most is drawn.
      if (known !== undefined && todo[known].weight >= weight) continue;
      const point = { index, at, y: top(mark.lane) + LANE / 2, weight };
      if (known !== undefined) todo[known] = point; else { last.set(key, todo.length); todo.push(point); }
    }
    for (const point of todo) {
      const mark = marks[point.index];
      pen.globalAlpha = query && !hits.has(point.index) ? 0.25 : 1;
      pen.fillStyle = colours[mark.kind] || colours.ink;
      pen.beginPath();
      if (mark.kind === "refused") {
        pen.moveTo(point.at, point.y - 6); pen.lineTo(point.at + 6, point.y); pen.lineTo(point.at, point.y + 6); pen.lineTo(point.at - 6, point.y);
      } else if (mark.kind === "log") {
        pen.rect(point.at - 1, point.y + 4, 2, 6);
      } else {
        pen.arc(point.at, point.y, mark.kind === "state" ? 2 : 4, 0, 7);
      }
      pen.fill();
      if (view.evidence.has(mark.seq)) {
        pen.strokeStyle = colours.bad;
        pen.lineWidth = 2;
        pen.beginPath(); pen.arc(point.at, point.y, 9, 0, 7); pen.stroke();
        pen.lineWidth = 1;
      }
      places.push(point);
    }
    pen.globalAlpha = 1;
  }
  function traffic() {
    const base = height - 6, most = Math.max(1, ...data.traffic.map((one) => one.bytes));
    pen.fillStyle = colours.replication;
    for (const one of data.traffic) {
      const from = x(at(one.from)), to = Math.max(x(at(one.to)), from + 3);
      if (to < left || from > width) continue;
      const tall = Math.max(2, (one.bytes / most) * (TRAFFIC - 14));
      pen.fillRect(from, base - tall, to - from, tall);
    }
  }
  function labels() {
    pen.textAlign = "left";
    data.lanes.forEach((lane, number) => {
      pen.fillStyle = number % 2 === 0 ? colours.panel : colours.ground;
      pen.fillRect(0, top(number) + (lane.head ? 1 : 0), left - 1, LANE - (lane.head ? 1 : 0));
      pen.fillStyle = lane.head ? colours.ink : colours.faint;
      pen.font = (lane.head ? "600 " : "") + "12px system-ui, sans-serif";
      const indent = lane.head ? 8 : 18;
      pen.fillText(clip(lane.label, left - indent - 6), indent, top(number) + LANE / 2);
    });
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = colours.ground;
    pen.fillRect(0, height - TRAFFIC - 7, left - 1, TRAFFIC);
    pen.fillStyle = colours.faint;
    const bytes = data.traffic.reduce((sum, one) => sum + one.bytes, 0);
    pen.fillText(clip(bytes ? `replicated: ${bytes.toLocaleString("en")} bytes` : "no bytes replicated", left - 14), 8, height - TRAFFIC / 2 - 4);
    pen.fillStyle = colours.ground;
    pen.fillRect(0, 0, left - 1, AXIS);
  }

  // ---- moving about
  function clamp() {
    const all = span(), least = view.even ? 8 : 20;
    const reach = Math.min(Math.max(view.to - view.from, least), all * 1.02);
    const middle = (view.from + view.to) / 2;
    view.from = middle - reach / 2;
    view.to = middle + reach / 2;
    const low = -all * 0.01;
    if (view.from < low) { view.to += low - view.from; view.from = low; }
    if (view.to > all * 1.01) { view.from -= view.to - all * 1.01; view.to = all * 1.01; }
  }
  let waiting = 0;
  function moved() { clamp(); if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); remember(); }); }
  function zoom(factor, centre) {
    const middle = centre === undefined ? (view.from + view.to) / 2 : centre;
    view.from = middle - (middle - view.from) * factor;
    view.to = middle + (view.to - middle) * factor;
    moved();
  }
  function pan(part) { const by = (view.to - view.from) * part; view.from += by; view.to += by; moved(); }
  // A little before the start, so that what happens there is not cut.
  function whole() { view.from = -span() * 0.01; view.to = span() * 1.005; }
  function fit() { whole(); moved(); }
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const back = (px) => view.from + ((px - left) / (width - left - 8)) * (view.to - view.from);
  canvas.addEventListener("wheel", (event) => {
    if (!(event.ctrlKey || event.metaKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY / 300), back(under(event).x));
    else pan((event.deltaX || event.deltaY) / (width || 1));
  }, { passive: false });
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => { drag = { at: under(event), from: view.from, to: view.to, moved: false }; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    const here = under(event);
    if (!drag) { const near = nearest(here); canvas.title = near === null ? "" : `#${marks[near].seq} ${clock(marks[near].at)} ${marks[near].text}`; return; }
    const by = here.x - drag.at.x;
    if (Math.abs(by) > 4) drag.moved = true;
    if (drag.moved) {
      const value = (by / (width - left - 8)) * (drag.to - drag.from);
      view.from = drag.from - value;
      view.to = drag.to - value;
      moved();
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) { const near = nearest(under(event)); if (near !== null) select(marks[near].seq, false); }
    drag = null;
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("dblclick", (event) => zoom(0.4, back(under(event).x)));
  function nearest(here) {
    let best = null, least = 144;
    for (const point of places) {
      const far = (point.at - here.x) ** 2 + (point.y - here.y) ** 2;
      if (far < least) { least = far; best = point.index; }
    }
    return best;
  }

  // ---- selecting
  function select(seq, move) {
    if (seq !== null && !bySeq.has(seq)) return;
    view.selected = seq;
    refilter();
    detail();
    if (seq === null) { remember(); return; }
    const index = bySeq.get(seq), place = shown.indexOf(index), v = value(index);
    const scroll = $("scroll"), y = place * ROW;
    if (y < scroll.scrollTop || y > scroll.scrollTop + scroll.clientHeight - ROW * 2) scroll.scrollTop = Math.max(0, y - scroll.clientHeight / 2);
    list();
    const lane = top(marks[index].lane);
    if (lane < stage.scrollTop + AXIS || lane > stage.scrollTop + stage.clientHeight - LANE * 2) stage.scrollTop = Math.max(0, lane - stage.clientHeight / 2);
    if (v < view.from || v > view.to) { const reach = view.to - view.from; view.from = v - reach / 2; view.to = v + reach / 2; clamp(); }
    draw();
    document.body.dataset.selected = seq;
    remember();
    if (move) $("view").scrollIntoView({ block: "nearest" });
  }
  function detail() {
    const box = $("detail");
    box.replaceChildren();
    const index = bySeq.get(view.selected);
    if (index === undefined) { box.append(make("span", "Choose an event, in the lanes or in the table. Drag to move, Ctrl and wheel or + and − to zoom, j and k to go on.", "faint")); return; }
    const mark = marks[index];
    box.append(make("strong", `#${mark.seq}  ${clock(mark.at)}  ${mark.host}${mark.actor ? "  " + mark.actor : ""}`), make("div", mark.text));
    const link = (text, seq) => { const a = make("a", text); a.href = "#e=" + seq; a.addEventListener("click", (event) => { event.preventDefault(); select(seq, false); }); box.append(a); };
    if (mark.cause !== null && bySeq.has(mark.cause)) link(`led to by #${mark.cause}`, mark.cause);
    for (const arrow of data.arrows) {
      if (arrow.from === mark.seq && bySeq.has(arrow.to)) link(`received as #${arrow.to} at ${marks[bySeq.get(arrow.to)].host}`, arrow.to);
      if (arrow.to === mark.seq && bySeq.has(arrow.from)) link(`committed as #${arrow.from} at ${marks[bySeq.get(arrow.from)].host}`, arrow.from);
    }
    // A log line and what its writer did are told at the same instant by the same actor.
    for (const step of [-1, 1]) {
      for (let other = index + step; marks[other] && Math.abs(other - index) < 30; other += step) {
        const near = marks[other];
        if (near.at !== mark.at || near.actor !== mark.actor || near.host !== mark.host || !mark.actor) continue;
        if ((near.kind === "log") !== (mark.kind === "log")) { link(`${near.kind === "log" ? "log line" : "event"} #${near.seq}: ${near.text.slice(0, 70)}`, near.seq); break; }
      }
    }
    data.claims.forEach((claim, number) => {
      if (claim.evidence.includes(mark.seq)) {
        const a = make("a", `${claim.kind} that ${words[claim.state]}`);
        a.addEventListener("click", () => { const button = document.querySelector(`[data-claim="${number}"]`); if (button.closest("details")) button.closest("details").open = true; button.scrollIntoView({ block: "center" }); button.focus(); });
        box.append(a);
      }
    });
  }
  function step(by) {
    const order = hits.size ? shown.filter((index) => hits.has(index)) : shown;
    if (!order.length) return;
    const index = bySeq.get(view.selected);
    let place = index === undefined ? (by > 0 ? -1 : order.length) : order.findIndex((other) => other >= index);
    if (place < 0) place = order.length;
    const exact = order[place] === index;
    const goal = by > 0 ? (exact || index === undefined ? place + 1 : place) : place - 1;
    select(marks[order[Math.min(Math.max(goal, 0), order.length - 1)]].seq, false);
  }

  // ---- the address
  let quiet = false;
  function remember() {
    const parts = [];
    if (view.selected !== null) parts.push("e=" + view.selected);
    if (view.query) parts.push("q=" + encodeURIComponent(view.query));
    if (view.even) parts.push("even");
    if (view.to - view.from < span() * 0.99) parts.push(`from=${Math.round(view.from)}`, `to=${Math.round(view.to)}`);
    quiet = true;
    try { history.replaceState(null, "", "#" + parts.join("&")); } catch { /* A page in a frame may not. */ }
    quiet = false;
  }
  function recall() {
    if (quiet) return;
    const parts = new Map(location.hash.slice(1).split("&").map((part) => { const [key, ...rest] = part.split("="); return [key, rest.join("=")]; }));
    view.even = parts.has("even");
    $("spacing").setAttribute("aria-pressed", view.even);
    try { view.query = decodeURIComponent(parts.get("q") || ""); } catch { view.query = ""; }
    $("search").value = view.query;
    const from = Number(parts.get("from")), to = Number(parts.get("to"));
    if (parts.has("from") && parts.has("to") && from < to) { view.from = from; view.to = to; } else whole();
    clamp();
    refilter();
    const seq = Number(parts.get("e"));
    if (parts.has("e") && Number.isInteger(seq)) select(seq, false); else detail();
  }

  // ---- wiring
  $("search").addEventListener("input", () => { view.query = $("search").value; refilter(); remember(); });
  $("search").addEventListener("keydown", (event) => { if (event.key === "Enter") step(event.shiftKey ? -1 : 1); if (event.key === "Escape") { $("search").value = view.query = ""; refilter(); remember(); } });
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("in").addEventListener("click", () => zoom(0.5));
  $("out").addEventListener("click", () => zoom(2));
  $("fit").addEventListener("click", fit);
  $("spacing").addEventListener("click", () => { view.even = !view.even; $("spacing").setAttribute("aria-pressed", view.even); fit(); });
  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { j: () => step(1), k: () => step(-1), "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: fit, ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), "/": () => $("search").focus(), Escape: () => select(null) };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  window.addEventListener("hashchange", recall);
  window.addEventListener("resize", () => { size(); draw(); list(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { size(); draw(); });
  window.addEventListener("beforeprint", () => {
    const most = 1500, picked = shown.length > most ? shown.filter((index) => marks[index].kind === "refused" || marks[index].kind === "course" || view.evidence.has(marks[index].seq)).slice(0, most) : shown;
    $("paper").replaceChildren(...picked.map(row));
    if (picked.length < shown.length) $("paper").append(make("p", `${picked.length} of ${shown.length} events are printed.`));
    size(); draw();
  });
  window.addEventListener("afterprint", () => { $("paper").replaceChildren(); size(); draw(); });
  size();
  recall();
  document.body.dataset.ready = "true";
})();

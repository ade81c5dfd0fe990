// Areas are drawn on one picture, and become the lines of a cameras.toml. Nothing is sent.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const [WIDTH, HEIGHT] = data.size;
  const UNIT = Math.max(WIDTH, HEIGHT) / 100;
  const LEAST_AREA = 1e-6;
  const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  let lang = data.lang;
  let staff = data.staff;
  // Points are shares of the picture, as the lines have them.
  let areas = data.areas.map((one) => ({ ...one, points: one.points.map((point) => [...point]) }));
  let drawing = null;
  let chosen = -1;
  let cursor = [0.5, 0.5];
  let saved = [];
  let touched = false;

  const word = (key, values) => {
    let text = data.words[lang][key];
    for (const [name, value] of Object.entries(values || {})) text = text.replace("{" + name + "}", () => value);
    return text;
  };
  const percent = (share) => String(Math.round(share * 1000) / 10);
  const rounded = (share) => Math.round(Math.min(Math.max(share, 0), 1) * 10000) / 10000;
  const title = (area) => area.role === "zone" ? area.name || word("zone") : word("blank");

  // What can be taken back: everything but the language and the cross.
  const state = () => JSON.stringify({ areas, drawing, staff, chosen });
  const remember = () => {
    saved.push(state());
    touched = true;
    byId("copied").textContent = "";
  };
  const undo = () => {
    if (!saved.length) return;
    ({ areas, drawing, staff, chosen } = JSON.parse(saved.pop()));
    draw();
  };

  const turn = (a, b, c) => {
    const value = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    return Math.abs(value) < 1e-12 ? 0 : value;
  };
  const crosses = (points) => {
    const sides = points.map((point, at) => [point, points[(at + 1) % points.length]]);
    return sides.some(([a, b], one) => sides.slice(one + 1).some(([c, d]) =>
      turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0));
  };
  const size = (points) => Math.abs(points.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = points[(at + 1) % points.length];
    return sum + x * nextY - nextX * y;
  }, 0)) / 2;
  const plainName = (area) => (area.name || "").normalize("NFC").trim();
  const fault = (area) => {
    if (crosses(area.points)) return "wrong_cross";
    if (size(area.points) < LEAST_AREA) return "wrong_small";
    if (area.role === "blank") return null;
    if (!plainName(area)) return "wrong_name";
    const first = areas.find((other) => other.role === "zone" && plainName(other) === plainName(area));
    if (first !== area) return "wrong_twice";
    return area.min_s >= 0 && area.min_s <= 3600 ? null : "wrong_seconds";
  };
  const hasStaff = () => areas.some((area) => area.role === "blank" && area.why === "staff");
  const staffFault = () => (staff === "blanked") !== hasStaff() && (staff === "blanked" || hasStaff());

  // JSON's escapes are TOML's; what else TOML does not allow in a line gets one, too.
  const quoted = (text) => JSON.stringify(text).replace(/[\u007f-\u009f]/g, (sign) => "\\u00" + sign.charCodeAt(0).toString(16));
  const number = (value) => Number.isInteger(value) ? value.toFixed(1) : String(value);
  const lines = () => {
    const text = [];
    if (!data.known) text.push("[[camera]]", "pattern = " + quoted(data.pattern));
    text.push("staff = " + quoted(staff));
    for (const area of areas) {
      const corners = area.points.map(([x, y]) => "[" + number(rounded(x)) + ", " + number(rounded(y)) + "]").join(", ");
      text.push("  [[camera." + area.role + "]]");
      if (area.role === "zone") {
        text.push("  name = " + quoted(plainName(area)), "  kind = " + quoted(area.kind), "  min_s = " + number(area.min_s));
      } else text.push("  why = " + quoted(area.why));
      text.push("  polygon = [" + corners + "]");
    }
    return text.join("\n") + "\n";
  };

  const svg = (name, attributes, parent) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (parent) parent.append(made);
    return made;
  };
  const canvas = byId("canvas");
  canvas.setAttribute("viewBox", "0 0 " + WIDTH + " " + HEIGHT);
  svg("image", { href: data.picture, width: WIDTH, height: HEIGHT, preserveAspectRatio: "none" }, canvas);
  const shapes = svg("g", {}, canvas);
  const cross = svg("path", { class: "cross" }, canvas);
  const path = (points) => points.map(([x, y]) => x * WIDTH + "," + y * HEIGHT).join(" ");
  const middle = (points) => [0, 1].map((at) => points.reduce((sum, point) => sum + point[at], 0) / points.length);

  // So many shares of the picture, but no less than so many pixels of the screen: fingers do not shrink with it.
  const large = (units, pixels) => Math.max(units * UNIT, pixels * WIDTH / (canvas.getBoundingClientRect().width || WIDTH));

  const drawShapes = () => {
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.corner : null;
    shapes.replaceChildren();
    areas.forEach((area, at) => {
      const classes = ["shape", area.role, at === chosen ? "chosen" : "", fault(area) ? "bad" : ""].join(" ");
      svg("polygon", { class: classes, points: path(area.points), "data-area": at }, shapes);
      const [x, y] = middle(area.points);
      const label = svg("text", { class: "name", x: x * WIDTH, y: y * HEIGHT, "font-size": large(2.6, 13), "text-anchor": "middle" }, shapes);
      label.textContent = title(area);
    });
    if (drawing) {
      svg("polyline", { class: "line", points: path(drawing.points) }, shapes);
      drawing.points.forEach(([x, y]) => svg("circle", { class: "handle", cx: x * WIDTH, cy: y * HEIGHT, r: large(0.9, 5) }, shapes));
    } else if (areas[chosen]) drawHandles(areas[chosen], focused);
    const [x, y] = [cursor[0] * WIDTH, cursor[1] * HEIGHT];
    cross.setAttribute("d", "M" + (x - 3 * UNIT) + "," + y + "h" + 6 * UNIT + "M" + x + "," + (y - 3 * UNIT) + "v" + 6 * UNIT);
    canvas.classList.toggle("drawing", Boolean(drawing));
  };
  const drawHandles = (area, focused) => {
    area.points.forEach(([x, y], at) => {
      const said = word("corner", { n: at + 1, name: title(area), x: percent(x), y: percent(y) });
      svg("circle", { class: "reach", cx: x * WIDTH, cy: y * HEIGHT, r: large(3, 20), "data-grab": at }, shapes);
      const handle = svg("circle", {
        class: "handle", cx: x * WIDTH, cy: y * HEIGHT, r: large(1.1, 7), tabindex: 0, role: "button",
        "aria-label": said, "data-corner": at, "data-grab": at,
      }, shapes);
      if (String(at) === focused) handle.focus();
    });
  };

  const field = (parent, key, at, control) => {
    const box = document.createElement("div");
    const label = document.createElement("label");
    control.id = key + "-" + at;
    label.htmlFor = control.id;
    label.textContent = word(key);
    box.append(label, control);
    parent.append(box);
  };
  const choice = (values, family, value, change) => {
    const select = document.createElement("select");
    for (const each of values) select.append(new Option(word(family + "_" + each), each, false, each === value));
    select.addEventListener("change", () => { remember(); change(select.value); draw(); });
    return select;
  };
  const entry = (type, value, change) => {
    const input = document.createElement("input");
    input.type = type;
    input.value = value;
    input.autocomplete = "off";
    if (type === "text") input.maxLength = 80;
    else { input.min = 0; input.max = 3600; input.step = "any"; }
    input.addEventListener("focus", () => { input.dataset.before = state(); });
    input.addEventListener("input", () => {
      if (input.dataset.before) saved.push(input.dataset.before);
      delete input.dataset.before;
      touched = true;
      change(input.value);
      drawRest();
    });
    return input;
  };
  const button = (key, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = word(key);
    made.addEventListener("click", act);
    return made;
  };
  const drawList = () => {
    byId("areas").replaceChildren(...areas.map((area, at) => {
      const box = document.createElement("section");
      box.className = "area" + (at === chosen ? " chosen" : "");
      box.dataset.listed = at;
      const head = document.createElement("h3");
      head.textContent = word(area.role) + " " + (at + 1);
      box.append(head);
      if (area.role === "zone") {
        field(box, "name", at, entry("text", area.name, (value) => { area.name = value; }));
        field(box, "kind", at, choice(data.kinds, "kind", area.kind, (value) => { area.kind = value; }));
        field(box, "min_s", at, entry("number", area.min_s, (value) => { area.min_s = value === "" ? NaN : Number(value); }));
      } else field(box, "why", at, choice(data.whys, "why", area.why, (value) => { area.why = value; settleStaff(); }));
      const wrong = document.createElement("span");
      wrong.className = "wrong";
      wrong.setAttribute("role", "status");
      const row = document.createElement("div");
      row.className = "row";
      row.append(button("more", () => split(at)), button("remove", () => remove(at)));
      box.append(wrong, row);
      box.addEventListener("focusin", () => { if (chosen !== at) { chosen = at; drawShapes(); markChosen(); } });
      return box;
    }));
    drawRest();
  };
  const markChosen = () => {
    for (const box of byId("areas").children) box.classList.toggle("chosen", Number(box.dataset.listed) === chosen);
  };

  const drawRest = () => {
    drawShapes();
    const faults = areas.map(fault);
    [...byId("areas").children].forEach((box, at) => {
      box.querySelector(".wrong").textContent = faults[at] ? word(faults[at]) : "";
    });
    byId("staff-wrong").textContent = staffFault() ? word("wrong_staff") : "";
    const sound = !faults.some(Boolean) && !staffFault() && !drawing;
    byId("lines").value = sound ? lines() : "";
    byId("copy").disabled = !sound;
    const paste = data.known ? "paste_known" : "paste_new";
    byId("paste").textContent = word(sound || drawing ? paste : "wrong", { pattern: data.pattern });
    byId("none").hidden = areas.length > 0;
    byId("finish").hidden = !drawing;
    byId("finish").disabled = !drawing || drawing.points.length < 3;
    byId("new-blank").disabled = byId("new-zone").disabled = Boolean(drawing);
    byId("undo").disabled = !saved.length;
    if (drawing) byId("state").textContent = word("drawing", { n: drawing.points.length });
    else if (!byId("state").dataset.keep) byId("state").textContent = "";
  };
  const draw = () => {
    document.documentElement.lang = lang;
    document.title = word("title", { pattern: data.pattern });
    for (const each of document.querySelectorAll("[data-word]")) {
      each.textContent = word(each.dataset.word, { pattern: data.pattern, n: data.covered });
    }
    for (const each of document.querySelectorAll("[data-lang]")) {
      each.setAttribute("aria-pressed", String(each.dataset.lang === lang));
    }
    byId("languages").setAttribute("aria-label", word("language"));
    canvas.setAttribute("aria-label", word("canvas"));
    byId("staff").replaceChildren(...data.staffs.map((each) => new Option(word("staff_" + each), each, false, each === staff)));
    drawList();
  };

  // Whoever blanks an area for staff has said that staff are blanked.
  const settleStaff = () => {
    if (hasStaff()) staff = "blanked";
    else if (staff === "blanked") staff = "unknown";
  };
  const begin = (role) => {
    remember();
    drawing = { role, points: [] };
    chosen = -1;
    draw();
    canvas.focus();
  };
  const put = (point) => {
    const [x, y] = point.map(rounded);
    const near = ([a, b]) => Math.hypot((a - x) * WIDTH, (b - y) * HEIGHT) < large(1.8, 14);
    if (drawing.points.length >= 3 && near(drawing.points[0])) return finish();
    if (drawing.points.some(([a, b]) => a === x && b === y)) return undefined;
    remember();
    drawing.points.push([x, y]);
    drawRest();
    byId("state").textContent = word("put", { n: drawing.points.length, x: percent(x), y: percent(y) });
    return undefined;
  };
  const finish = () => {
    if (!drawing || drawing.points.length < 3) return;
    remember();
    const made = drawing.role === "zone"
      ? { role: "zone", name: "", kind: data.kinds[0], min_s: data.min_s, points: drawing.points }
      : { role: "blank", why: data.whys[0], points: drawing.points };
    areas.push(made);
    chosen = areas.length - 1;
    drawing = null;
    if (made.role === "blank") settleStaff();
    draw();
    byId((made.role === "zone" ? "name-" : "why-") + chosen).focus();
  };
  const giveUp = () => {
    remember();
    drawing = null;
    draw();
  };
  const remove = (at) => {
    remember();
    const [gone] = areas.splice(at, 1);
    chosen = -1;
    if (gone.role === "blank") settleStaff();
    draw();
    byId("new-zone").focus();
  };
  const split = (at) => {
    remember();
    const { points } = areas[at];
    const length = (one) => {
      const [a, b] = [points[one], points[(one + 1) % points.length]];
      return Math.hypot((a[0] - b[0]) * WIDTH, (a[1] - b[1]) * HEIGHT);
    };
    const longest = points.reduce((best, _point, one) => length(one) > length(best) ? one : best, 0);
    const next = points[(longest + 1) % points.length];
    points.splice(longest + 1, 0, [0, 1].map((axis) => rounded((points[longest][axis] + next[axis]) / 2)));
    chosen = at;
    draw();
  };

  const where = (event) => {
    const box = canvas.getBoundingClientRect();
    // The picture may have bars beside it where the height is the limit.
    const scale = Math.min(box.width / WIDTH, box.height / HEIGHT);
    const left = box.left + (box.width - WIDTH * scale) / 2;
    const top = box.top + (box.height - HEIGHT * scale) / 2;
    return [rounded((event.clientX - left) / scale / WIDTH), rounded((event.clientY - top) / scale / HEIGHT)];
  };
  let dragged = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const { grab, area } = event.target.dataset;
    if (drawing) {
      event.preventDefault();
      canvas.focus();
      put(where(event));
    } else if (grab !== undefined) {
      event.preventDefault();
      remember();
      dragged = Number(grab);
      canvas.setPointerCapture(event.pointerId);
    } else {
      chosen = area === undefined ? -1 : Number(area);
      drawShapes();
      markChosen();
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    if (dragged === null) return;
    areas[chosen].points[dragged] = where(event);
    drawRest();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { dragged = null; });

  const moveCursor = (event) => {
    const step = event.shiftKey ? 0.001 : 0.01;
    cursor = cursor.map((share, axis) => rounded(share + STEP[event.key][axis] * step));
    drawShapes();
  };
  const moveCorner = (event, at) => {
    const { points } = areas[chosen];
    if (STEP[event.key]) {
      remember();
      const step = event.shiftKey ? 0.001 : 0.01;
      points[at] = points[at].map((share, axis) => rounded(share + STEP[event.key][axis] * step));
    } else if (event.key === "Delete" && points.length > 3) {
      remember();
      points.splice(at, 1);
    } else return false;
    drawRest();
    return true;
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { corner } = event.target.dataset;
    if (corner !== undefined) {
      if (moveCorner(event, Number(corner))) event.preventDefault();
      return;
    }
    if (!drawing) return;
    if (STEP[event.key]) moveCursor(event);
    else if (event.key === "Enter" || event.key === " ") put(cursor);
    else if (event.key === "f" || event.key === "F") finish();
    else if (event.key === "Backspace" && drawing.points.length) { remember(); drawing.points.pop(); drawRest(); }
    else if (event.key === "Escape") giveUp();
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "TEXTAREA"].includes(document.activeElement && document.activeElement.tagName);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey && !typing) {
      event.preventDefault();
      undo();
    }
  });

  byId("new-blank").addEventListener("click", () => begin("blank"));
  byId("new-zone").addEventListener("click", () => begin("zone"));
  byId("finish").addEventListener("click", finish);
  byId("undo").addEventListener("click", undo);
  byId("staff").addEventListener("change", () => { remember(); staff = byId("staff").value; drawRest(); });
  byId("copy").addEventListener("click", async () => {
    touched = false;
    try {
      await navigator.clipboard.writeText(byId("lines").value);
      byId("copied").textContent = word("copied");
    } catch {
      byId("lines").select();
      byId("copied").textContent = word("copy_by_hand");
    }
  });
  for (const each of document.querySelectorAll("[data-lang]")) {
    each.addEventListener("click", () => { lang = each.dataset.lang; draw(); });
  }
  window.addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
  draw();
})();

"use strict";
// The page is whole without this: it adds what a pointer is over, and a filter by task and method.
const all = (query, from) => [...(from || document).querySelectorAll(query)];
const points = JSON.parse(document.getElementById("points").textContent);
const tip = document.getElementById("tip");

// --- what the pointer is over -------------------------------------------------------------------
const NEAR = 22;  // units of a sheet
const placed = new Map();  // path -> [[x, y], ...]
function places(path) {
  if (!placed.has(path)) {
    const numbers = path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
    placed.set(path, numbers.flatMap((x, n) => (n % 2 ? [] : [[x, numbers[n + 1]]])));
  }
  return placed.get(path);
}
function nearest(svg, x, y) {
  let found = null, best = NEAR * NEAR;
  for (const path of all("g:not([data-off]) > path[data-n]", svg)) {
    const less = path.classList.contains("mean") ? 4 : 0;  // before a seed that lies beneath it
    places(path).forEach(([px, py], n) => {
      const far = (px - x) ** 2 + (py - y) ** 2 - less;
      if (far < best) [best, found] = [far, {path, n}];
    });
  }
  return found;
}
function leave(svg) {
  tip.hidden = true;
  svg.classList.remove("pointed");
  all(".hot", svg).forEach((each) => each.classList.remove("hot"));
}
function over(event) {
  const svg = event.currentTarget;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const found = nearest(svg, at.x, at.y);
  leave(svg);
  if (!found) return;
  const group = found.path.parentNode, [, grid, values] = points.series[found.path.dataset.s];
  const step = points.steps[grid][found.n];
  tip.textContent = `${group.dataset.m}, ${found.path.dataset.n}: ${values[found.n]} at step ${step.toLocaleString("en")}`;
  tip.hidden = false;
  const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 6);
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${event.clientY > 60 ? event.clientY - 34 : event.clientY + 18}px`;
  svg.classList.add("pointed");
  all("g[data-m]", svg).forEach((each) => each.classList.toggle("hot", each.dataset.m === group.dataset.m));
}
all(".chart svg[role=img]").forEach((svg) => {
  svg.addEventListener("pointermove", over);
  svg.addEventListener("pointerdown", over);
  svg.addEventListener("pointerleave", () => leave(svg));
});

// --- filter by task and method ------------------------------------------------------------------
const off = new Set();
const select = document.getElementById("task");
function show() {
  const task = select ? select.value : "";
  for (const each of all("[data-m], [data-task]")) {
    if (each.tagName === "BUTTON") {
      each.setAttribute("aria-pressed", String(!off.has(each.dataset.m)));
      continue;
    }
    const other = task && each.dataset.task && each.dataset.task !== task && each.dataset.task !== "all tasks";
    each.toggleAttribute("data-off", Boolean(other) || off.has(each.dataset.m));
  }
}
function toggle(event) {
  const name = event.currentTarget.dataset.m;
  if (!off.delete(name)) off.add(name);
  show();
}
const filter = document.querySelector(".filter");
if (filter) {
  const chips = filter.querySelector(".chips");
  const kept = new Map();  // as a method looks in the first picture: in a later one it may be grey
  for (const chip of all(".legend .chip")) if (!kept.has(chip.dataset.m)) kept.set(chip.dataset.m, chip);
  for (const chip of kept.values()) chips.append(chip.cloneNode(true));
  const tasks = new Set(all(".panel[data-task]").map((panel) => panel.dataset.task));
  for (const task of tasks) select.append(new Option(task, task));
  select.addEventListener("change", show);
  document.getElementById("everything").addEventListener("click", () => { off.clear(); show(); });
  filter.hidden = false;
}
all(".chip").forEach((chip) => chip.addEventListener("click", toggle));

// --- a link to a claim that is folded away unfolds it -------------------------------------------
function unfold() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let each = target.parentNode; each; each = each.parentNode) if (each.tagName === "DETAILS") each.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();

// The page reads without this script. It shows the details of tasks, filters them, and moves between rows by keys.
"use strict";
(() => {
  const { facets, texts, tasks } = JSON.parse(document.getElementById("data").textContent);
  const rows = [...document.querySelectorAll(".row")];
  const form = document.querySelector("form.filter");
  const shown = document.getElementById("shown");
  const parts = [...document.querySelectorAll(".kind")];
  const releases = [...document.querySelectorAll(".release")];
  const openAll = document.getElementById("open");
  // Up to so many rows that are found are shown at once.
  const FEW = 300;

  const element = (name, content, properties = {}) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...[content].flat());
    return made;
  };
  const link = (number) => element("a", tasks[number].label, { href: `#t${number}` });
  const list = (title, items) =>
    items.length > 0 ? [element("h4", title), element("ul", items.map((item) => element("li", item)))] : [];
  const told = (numbers = []) => numbers.map((number) => texts[number]);
  const duration = (seconds) =>
    seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min`
      : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;

  // The details of a task, made when it is first opened.
  const users = () => {
    const found = tasks.map(() => []);
    tasks.forEach((task, number) => (task.needs ?? []).forEach((to) => found[to].push(number)));
    return found;
  };
  let usersOf;
  const details = (number) => {
    const task = tasks[number];
    const out = [];
    for (const event of task.events) {
      const line = [element("strong", `${texts[event.phase]}: `), texts[event.result]];
      if (event.id !== undefined) line.push(" ", element("code", texts[event.id]));
      const why = [];
      if (event.target) why.push(element("li", "it was selected"));
      else if (event.for !== undefined) why.push(element("li", ["it is needed by ", link(event.for)]));
      why.push(...told(event.why).map((text) => element("li", text)));
      out.push(element("p", line), element("ul", why));
    }
    const facts = [];
    if (task.belongs !== undefined) facts.push(`belongs to the phase ${texts[task.belongs]}`);
    if (task.pool !== undefined) facts.push(`pool ${texts[task.pool]}`);
    if (task.seconds !== undefined) facts.push(`runs at most ${duration(task.seconds)}`);
    if (task.system !== undefined) facts.push(`release system ${texts[task.system]}`);
    if (facts.length > 0) out.push(element("p", facts.join(", "), { className: "muted" }));
    if (task.report) {
      const { report } = task;
      out.push(...list("Problems", told(report.problems)), ...list("Unusual", told(report.warnings)),
        ...list("Would have happened in production", told(report.would)),
        ...list("Not checked", told(report.unchecked)),
        ...list("Checked", report.checked.map(([what, count]) => `${texts[what]} (${count})`)));
    }
    usersOf ??= users();
    out.push(...list("Depends on", (task.needs ?? []).map(link)), ...list("Needed by", usersOf[number].map(link)));
    return out;
  };
  const numberOf = (row) => Number(row.id.slice(1));
  document.addEventListener("toggle", (event) => {
    const row = event.target.parentElement;
    if (!event.target.open || !row.classList.contains("row") || row.dataset.full) return;
    row.dataset.full = "1";
    event.target.lastElementChild.replaceChildren(...details(numberOf(row)));
  }, true);

  // Filters.
  let words;
  const searched = (task) => {
    const numbers = [task.facets, task.system ?? [], task.pool ?? []].flat(2);
    for (const event of task.events) if (event.id !== undefined) numbers.push(event.id);
    for (const key of ["problems", "warnings", "would", "unchecked"]) numbers.push(...(task.report?.[key] ?? []));
    return `${task.label} ${told(numbers).join(" ")}`.toLowerCase();
  };
  const chosen = () => facets.map((name) => form.elements[name]?.value ?? "");
  const filter = () => {
    const query = form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (query.length > 0) words ??= tasks.map(searched);
    const wanted = chosen().map((value) => (value === "" ? undefined : texts.indexOf(value)));
    const filtered = query.length > 0 || wanted.some((value) => value !== undefined);
    let count = 0;
    rows.forEach((row, number) => {
      const fits = wanted.every((value, at) => value === undefined || tasks[number].facets[at].includes(value));
      row.hidden = !(fits && query.every((word) => words[number].includes(word)));
      count += row.hidden ? 0 : 1;
    });
    for (const part of parts) {
      const some = part.querySelector(".row:not([hidden])") !== null;
      part.hidden = !some;
      if (filtered) part.open = some && count <= FEW;
    }
    for (const release of releases) release.hidden = release.querySelector(".kind:not([hidden])") === null;
    shown.textContent = count === rows.length ? `${count} tasks` : `${count} of ${rows.length} tasks`;
    const state = new URLSearchParams();
    for (const { name, value } of form.elements) if (name && value) state.set(name, value);
    history.replaceState(null, "", `#${state}`);
  };
  const read = (state) => {
    for (const control of form.elements) if (control.name) control.value = state.get(control.name) ?? "";
    filter();
  };
  const newest = () => {
    const control = form.elements.release;
    // Of several releases, the last one is the one that was asked for.
    if (control) control.value = texts[tasks[tasks.length - 1].facets[0][0]];
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  openAll.addEventListener("click", () => {
    const visible = parts.filter((part) => !part.hidden);
    const open = !visible.every((part) => part.open);
    for (const part of visible) part.open = open;
    openAll.textContent = open ? "Close all kinds" : "Open all kinds";
  });

  // Links to tasks and to filters.
  const reveal = (row) => {
    if (row.hidden) read(new URLSearchParams());
    row.closest(".kind").open = true;
    row.firstElementChild.open = true;
    const summary = row.firstElementChild.firstElementChild;
    summary.scrollIntoView({ block: "center" });
    summary.focus({ preventScroll: true });
  };
  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    const row = /^t\d+$/.test(hash) ? document.getElementById(hash) : null;
    if (row) return reveal(row);
    if (hash.includes("=")) return read(new URLSearchParams(location.hash.slice(1)));
    return undefined;
  };
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const { facet, value } = event.target.closest?.("a")?.dataset ?? {};
    if (facet === undefined) return;
    event.preventDefault();
    for (const control of form.elements) if (control.name) control.value = "";
    newest();
    form.elements[facet].value = value;
    filter();
    document.getElementById("tasks").scrollIntoView();
    form.elements.q.focus({ preventScroll: true });
  });

  // Keys.
  const stops = () => [...document.querySelectorAll(".kind:not([hidden]) > summary, .kind[open] .row:not([hidden]) summary")]
    .filter((one) => !one.closest("[hidden]"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement;
    const typing = at?.matches("input, select, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      form.elements.q.focus();
    } else if (event.key === "Escape" && at === form.elements.q) {
      at.value = "";
      filter();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && (at?.matches("#tasks summary") || at === form.elements.q)) {
      const all = stops();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = all[at === form.elements.q ? 0 : all.indexOf(at) + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    }
  });

  newest();
  if (location.hash.length > 1) follow();
  else filter();
})();

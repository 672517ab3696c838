// Pages work without this script. It filters a list while a person types, and follows changes.
"use strict";
(() => {
  const input = document.querySelector("input[name=q]");
  const items = [...document.querySelectorAll("[data-find]")];
  const shown = document.querySelector("[data-shown]");
  const sections = [...document.querySelectorAll("details")].filter((one) => one.querySelector("[data-find]"));
  const wasOpen = new Map(sections.map((one) => [one, one.open]));

  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of items) {
      item.hidden = !words.every((word) => item.dataset.find.includes(word));
      count += item.hidden ? 0 : 1;
    }
    for (const section of sections) {
      const some = section.querySelector("[data-find]:not([hidden])") !== null;
      section.hidden = !some;
      section.open = words.length > 0 ? some : wasOpen.get(section);
    }
    if (shown) shown.textContent = words.length > 0 ? `${count} shown` : "";
    const address = new URL(location);
    if (words.length > 0) address.searchParams.set("q", input.value);
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  };
  if (input && items.length > 0) input.addEventListener("input", filter);

  // A page that is out of date is loaded again, unless a person is writing on it.
  const { changes } = document.body.dataset;
  const banner = document.getElementById("changed");
  if (changes === undefined || !banner) return;
  let edited = false;
  document.addEventListener("input", () => (edited = true));
  const look = async () => {
    try {
      const answer = await fetch("/changes", { cache: "no-store" });
      const now = answer.ok ? await answer.text() : changes;
      if (now !== changes) {
        const busy = edited || document.activeElement?.closest("form, summary, a");
        if (!busy && !document.hidden) return location.reload();
        banner.hidden = false;
      }
    } catch {
      // The sandbox has stopped; the page stays as it is.
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
})();

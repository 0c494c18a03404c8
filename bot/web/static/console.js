// Keys and small comforts of the console. Every page works without this file.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("scripted");

  const typing = (target) =>
    target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select");
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter((row) => row.offsetParent);
  const help = document.getElementById("help");

  // j and k: to the next or the one before; where the thing is open beside its list, straight to it.
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const current = all.findIndex((row) => row.getAttribute("aria-current") === "true" || row === document.activeElement);
    const next = all[Math.min(Math.max(current + by, 0), all.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    if (next.closest("[data-rows]").dataset.rows === "go" && next.getAttribute("aria-current") !== "true") next.click();
  };

  // Three keys to put a reading right: i, c or p, then the key that stands on the button.
  let armed = null;
  const disarm = () => {
    armed?.classList.remove("is-armed");
    armed = null;
  };
  const arm = (key) => {
    const group = document.querySelector(`[data-arm="${key}"]`);
    if (!group) return false;
    disarm();
    const field = group.querySelector("input[type=text]");
    if (field) {
      field.focus();
      field.select();
      return true;
    }
    armed = group;
    group.classList.add("is-armed");
    return true;
  };

  const KEYS = {
    "/": () => {
      const box = document.getElementById("find");
      box?.focus();
      box?.select();
      return Boolean(box);
    },
    "?": () => {
      help?.showModal();
      return Boolean(help);
    },
    j: () => (step(1), true),
    k: () => (step(-1), true),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (help?.open) {
      if (event.key === "?") {
        event.preventDefault();
        help.close();
      }
      return;
    }
    if (event.key === "Escape") {
      disarm();
      if (typing(event.target)) event.target.blur();
      return;
    }
    if (typing(event.target)) return;
    if (armed) {
      const button = armed.querySelector(`[data-pick="${CSS.escape(event.key)}"]`);
      disarm();
      if (button) {
        event.preventDefault();
        button.click();
        return;
      }
    }
    const act = KEYS[event.key];
    const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (act ? act() : arm(event.key)) event.preventDefault();
    else if (named) {
      event.preventDefault();
      named.click();
      named.focus();
      // A tab of the composer: on to the first thing one writes there.
      document.querySelector(".step-tab:checked + label + .step-panel :is(textarea, select, input:not([type=hidden]))")?.focus();
    }
  });

  document.addEventListener("click", (event) => {
    const fill = event.target.closest?.("[data-fill]");
    if (fill) {
      const field = fill.closest("form").querySelector("textarea");
      field.value = fill.dataset.fill;
      field.focus();
    }
    if (event.target.closest?.("[data-help]")) help?.showModal();
    if (event.target.closest?.("[data-close]")) event.target.closest("dialog").close();
    if (event.target.closest?.("[data-print]")) print();
  });

  // Filters take effect when they are chosen.
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-auto]");
    if (form) form.requestSubmit();
  });

  document.querySelector("[data-rows] [aria-current=true]")?.scrollIntoView({ block: "nearest" });
  const story = document.querySelector("[data-to-end]");
  if (story) story.scrollTop = story.scrollHeight;

  // A page that waits for work done elsewhere looks again by itself.
  const again = document.querySelector("[data-again]");
  if (again) setTimeout(() => location.reload(), Number(again.dataset.again));
})();

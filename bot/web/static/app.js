// What pages do beyond plain HTML. Everything works without this file, only less smoothly.
(() => {
  "use strict";

  document.documentElement.classList.add("scripted");

  const toast = (words) => {
    const place = document.getElementById("toast");
    if (place && words) place.textContent = words;
  };

  // A private link opens by itself; where scripts do not run there is a button.
  document.querySelector("form[data-autosubmit]")?.requestSubmit();

  // After a form with errors, or a page with news, start reading there.
  document.querySelector("[data-focus]")?.focus();

  // `?done=` is said once: not again after a reload or a step back.
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    history.replaceState(history.state, "", here);
  }

  // A form is sent once, however often its button is pressed; after 400 ms it says so.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter;
    setTimeout(() => button?.setAttribute("aria-busy", "true"), 400);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.forms) delete form.dataset.sent;
    for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
  });

  // Buttons whose consequence is named first.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-confirm]");
    if (button && !confirm(button.dataset.confirm)) event.preventDefault();
  });

  // Show a chosen picture before it is sent.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches?.("input[type=file][data-preview]")) return;
    const place = document.getElementById(input.dataset.preview);
    if (!place) return;
    place.replaceChildren();
    const most = Number(input.dataset.most || 0);
    for (const file of input.files) {
      if (most && file.size > most) {
        place.textContent = `这张照片太大（最大 ${Math.floor(most / 1e6)} MB），请换一张。`;
        input.value = "";
        return;
      }
      const image = document.createElement("img");
      image.src = URL.createObjectURL(file);
      image.alt = "您选的照片";
      place.append(image);
    }
  });

  // A page that can change asks now and then whether it has, and reads itself again; never while
  // somebody is filling something in.
  const LIVE_MS = 15_000;
  const LIVE_MS_MAX = 300_000;
  const isBusy = () =>
    [...document.querySelectorAll("main form")].some((form) =>
      [...form.elements].some((field) =>
        field.matches("textarea, input[type=text]") ? field.value !== field.defaultValue
          : field.type === "file" && field.files.length > 0)) ||
    document.activeElement?.matches("main textarea, main input");
  const readAgain = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById("main");
    if (!next || isBusy()) return;
    document.getElementById("main").replaceChildren(...next.childNodes);
    document.title = fresh.title;
    toast("有新进展，已经更新。");
  };
  const keepLive = (wait) => {
    const mark = document.querySelector("[data-live]");
    if (!mark) return;
    setTimeout(async () => {
      let next = LIVE_MS;
      try {
        if (!document.hidden) {
          const answer = await fetch(mark.dataset.live, { credentials: "same-origin" });
          if (answer.status === 401 || answer.status === 404) return;
          if (!answer.ok) throw new Error(String(answer.status));
          if ((await answer.text()) !== mark.dataset.latest) await readAgain();
        }
      } catch {
        next = Math.min(wait * 2, LIVE_MS_MAX);
      }
      keepLive(next);
    }, wait);
  };
  keepLive(LIVE_MS);

  // Live parts that could not be had say why, in words.
  document.addEventListener("htmx:responseError", (event) => {
    toast(event.detail.xhr.responseText.slice(0, 200) || "没有办成，请稍后再试。");
  });
  document.addEventListener("htmx:sendError", () => toast("网络不通，请检查后再试。"));
})();

// The demonstration chat: sending without leaving the page, and everyone's lines as they come.
(() => {
  "use strict";

  const list = document.getElementById("lines");
  const log = document.querySelector(".log");
  const form = document.querySelector(".composer");
  const words = document.getElementById("text");
  const stream = document.querySelector("[data-stream]");
  const toast = document.getElementById("toast");

  const toEnd = () => { if (log) log.scrollTop = log.scrollHeight; };
  const isAtEnd = () => log && log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  toEnd();
  document.querySelector(".sub [aria-current]")?.scrollIntoView({ block: "nearest" });

  // Words arrive; those of another room are announced in its entry of the list.
  const take = (line) => {
    if (list && line.room === list.dataset.room) {
      if (document.getElementById(`line-${line.id}`)) return;
      const follow = isAtEnd();
      document.querySelector(".log .teach")?.remove();
      list.insertAdjacentHTML("beforeend", line.html);
      if (follow || list.lastElementChild.classList.contains("mine")) toEnd();
      return;
    }
    for (const entry of document.querySelectorAll(`a[data-room="${CSS.escape(line.room)}"]`)) {
      entry.querySelector(".unread").hidden = false;
      const last = entry.querySelector(".room-last");
      if (last) last.textContent = line.last;
    }
  };
  if (stream) {
    const source = new EventSource(stream.dataset.stream);
    source.addEventListener("line", (event) => take(JSON.parse(event.data)));
    addEventListener("pagehide", () => source.close());
    document.querySelector(".phone-refresh")?.classList.add("hidden");
  }
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  if (!form) return;

  // One after the other, in the order they were sent.
  let before = Promise.resolve();
  const send = (data, restore) => {
    before = before.then(async () => {
      try {
        const answer = await fetch(form.action, {
          method: "POST",
          body: data,
          headers: { "X-Requested-With": "fetch", "HX-Request": "true" },
        });
        if (!answer.ok) throw new Error((await answer.text()).slice(0, 200));
        toast.textContent = "";
      } catch (error) {
        toast.textContent = error instanceof TypeError ? "网络不通，请再试一次。" : error.message;
        restore();
      }
    });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const said = words.value;
    if (!said.trim() && !data.get("photo")?.size) return;
    form.reset();
    words.value = "";
    grow();
    words.focus();
    send(data, () => { if (!words.value) words.value = said; });
  }, true);

  const grow = () => {
    words.rows = Math.min(4, Math.max(1, words.value.split("\n").length));
  };
  words.addEventListener("input", grow);
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.querySelector("input[type=file]").addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (!file) return;
    if (file.size > Number(event.target.dataset.most)) {
      toast.textContent = "这张照片太大，最大 10 MB，请换一张。";
      event.target.value = "";
      return;
    }
    form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const hint = event.target.closest("[data-say]");
    if (!hint) return;
    event.preventDefault();
    words.value = hint.dataset.say;
    grow();
    words.focus();
  });
})();

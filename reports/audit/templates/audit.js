// Shows one face after another and keeps what somebody says of each. Nothing is sent; nothing recognised is known here.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const KEYS = { u: "unclear", n: "noface" };
  data.votes.forEach((vote, at) => { KEYS[String(at + 1)] = vote; });

  let lang = data.lang;
  let rater = "";
  // In the order in which they were given: {at: position of the face, vote}.
  let answers = [];
  let keeps = true;

  const word = (key, values) => {
    let text = data.words[lang][key];
    for (const [name, value] of Object.entries(values || {})) text = text.replace("{" + name + "}", value);
    return text;
  };

  const keptUnder = (name) => "fer-video audit " + data.sample + " " + name;
  const recall = (name) => {
    try {
      const kept = JSON.parse(localStorage.getItem(keptUnder(name)) || "[]");
      const sound = (one) => one && data.faces[one.at] && data.votes.includes(one.vote);
      return Array.isArray(kept) ? kept.filter(sound) : [];
    } catch { return []; }
  };
  const keep = () => {
    try {
      localStorage.setItem(keptUnder(rater), JSON.stringify(answers));
      keeps = true;
    } catch { keeps = false; }
  };

  const next = () => {
    const given = new Set(answers.map((one) => one.at));
    return data.faces.findIndex((_face, at) => !given.has(at));
  };

  const show = (id) => { for (const each of ["begin", "ask", "end"]) byId(each).hidden = each !== id; };

  const draw = () => {
    document.documentElement.lang = lang;
    document.title = word("title");
    for (const each of document.querySelectorAll("[data-word]")) {
      each.textContent = word(each.dataset.word, { faces: data.faces.length });
    }
    for (const each of document.querySelectorAll("[data-lang]")) {
      each.setAttribute("aria-pressed", String(each.dataset.lang === lang));
    }
    byId("languages").setAttribute("aria-label", word("language"));
    byId("answers").setAttribute("aria-label", word("question"));
    byId("picture").alt = word("picture");
    for (const each of byId("answers").children) each.lastChild.textContent = word(each.dataset.vote);
    if (!rater) {
      show("begin");
      byId("known").textContent = recall(byId("name").value.trim()).length ? word("go_on") : "";
      return;
    }
    const at = next();
    const last = answers[answers.length - 1];
    byId("progress").hidden = byId("bar").hidden = byId("saving").hidden = byId("keeping").hidden = false;
    byId("progress").textContent = word("progress", { n: answers.length, all: data.faces.length });
    byId("bar").firstChild.style.width = 100 * answers.length / data.faces.length + "%";
    byId("keeping").textContent = word(keeps ? "kept" : "not_kept");
    byId("save").disabled = !answers.length;
    byId("save").classList.toggle("main", at < 0);
    byId("back").disabled = !last;
    byId("last").textContent = last ? word("last", { name: word(last.vote) }) : "";
    byId("done").textContent = word("done", { all: data.faces.length });
    show(at < 0 ? "end" : "ask");
    if (at < 0) {
      byId("save").focus();
      return;
    }
    const face = data.faces[at];
    byId("picture").src = face.picture;
    byId("marks").style.width = 100 * face.marks[0] + "%";
    byId("marks").style.height = 100 * face.marks[1] + "%";
  };

  const answer = (vote) => {
    const at = next();
    if (!rater || at < 0) return;
    answers.push({ at, vote });
    changed();
  };
  const takeBack = () => {
    if (answers.pop()) changed();
  };
  const changed = () => {
    byId("saved").textContent = "";
    keep();
    draw();
  };

  const fileName = () => (rater.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "") || "answers") + ".json";
  const save = () => {
    const faces = answers.map(({ at, vote }) => ({ ...data.faces[at].known, votes: [vote] }));
    const content = JSON.stringify({ sample: data.sample, rater, faces }, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    link.download = fileName();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    byId("saved").textContent = word("saved", { name: link.download });
  };

  data.votes.forEach((vote, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.vote = vote;
    const key = document.createElement("kbd");
    key.textContent = String(at + 1);
    button.append(key, document.createElement("span"));
    button.addEventListener("click", () => answer(vote));
    byId("answers").append(button);
  });
  byId("who").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = byId("name").value.trim();
    if (!name) return;
    rater = name;
    answers = recall(name);
    keep();
    draw();
    window.scrollTo(0, 0);
  });
  byId("name").addEventListener("input", draw);
  byId("back").addEventListener("click", takeBack);
  byId("undo").addEventListener("click", takeBack);
  byId("save").addEventListener("click", save);
  for (const each of document.querySelectorAll("[data-lang]")) {
    each.addEventListener("click", () => { lang = each.dataset.lang; draw(); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !rater) return;
    const vote = KEYS[event.key.toLowerCase()];
    if (event.key === "Backspace") takeBack();
    else if (vote && !byId("ask").hidden) answer(vote);
    else return;
    event.preventDefault();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!keeps && answers.length) event.preventDefault();
  });
  draw();
  byId("name").focus();
})();

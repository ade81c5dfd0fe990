// Replaces each static drawing by an interactive figure once it comes near the screen. Without this script the page is
// complete: drawings and tables stay.
(() => {
  "use strict";
  if (!window.Plotly) return;
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const themed = (layout, filled) => {
    const ink = colour("--ink"), rule = colour("--rule"), card = colour("--page");
    const next = { ...layout, font: { ...layout.font, color: ink, family: getComputedStyle(document.body).fontFamily } };
    if (filled) next.plot_bgcolor = colour("--track");
    next.hoverlabel = { ...layout.hoverlabel, bgcolor: card, bordercolor: rule, font: { color: ink, family: getComputedStyle(document.body).fontFamily } };
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis/.test(key)) {
        next[key] = { ...layout[key], gridcolor: rule, linecolor: rule };
        next[key].title = { ...layout[key].title, font: { size: 12, color: colour("--soft") } };
      }
    }
    return next;
  };

  const withInk = (data) => data.map((trace) => (trace.error_x && !trace.error_x.color ? { ...trace, error_x: { ...trace.error_x, color: colour("--ink") } } : trace));

  const draw = (holder) => {
    const spec = JSON.parse(document.getElementById("data-" + holder.dataset.chart).textContent);
    let plot = holder.querySelector(".plot");
    if (!plot) {
      plot = document.createElement("div");
      plot.className = "plot";
      holder.append(plot);
    }
    const options = { displayModeBar: false, responsive: true };
    window.Plotly.react(plot, withInk(spec.data), themed(spec.layout, spec.data[0].type === "heatmap"), options).then(() => holder.classList.add("drawn"));
  };

  const holders = [...document.querySelectorAll(".chart")];
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "600px" });
  holders.forEach((holder) => near.observe(holder));
  scheme.addEventListener("change", () => holders.filter((holder) => holder.classList.contains("drawn")).forEach(draw));
})();

"""The one script of a race's page: tables sorted by a column, figures saved as PNG. Without it nothing is missing."""

SCRIPT = r"""
"use strict";
const number = text => { const n = parseFloat(text.replaceAll(",", "")); return Number.isFinite(n) ? n : null; };
const words = text => text.trim() || null;
function sort(table, column, read, up) {
  const rows = [...table.tBodies[0].rows].map(row => [read(row.cells[column].textContent), row]);
  const order = (a, b) => typeof a === "number" ? a - b : a.localeCompare(b, undefined, {numeric: true});
  rows.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : (up ? 1 : -1) * order(a, b));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.ariaSort !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      sort(table, column, head.classList.contains("words") ? words : number, up);
    });
  });
}
function save(svg, name) {
  const copy = svg.cloneNode(true), {width, height} = svg.viewBox.baseVal, image = new Image();
  copy.querySelector("style").remove();  // the colours on light, whatever the page's are
  image.addEventListener("load", () => {
    const canvas = document.createElement("canvas"), link = document.createElement("a");
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(blob => {
      link.href = URL.createObjectURL(blob);
      link.download = name + ".png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  });
  image.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
}
for (const figure of document.querySelectorAll("figure[data-name]")) {
  const svg = figure.querySelector("svg"), button = document.createElement("button");
  button.type = "button";
  button.className = "png";
  button.textContent = "PNG";
  button.setAttribute("aria-label", `Save "${svg.querySelector("title").textContent}" as PNG`);
  button.addEventListener("click", () => save(svg, figure.dataset.name));
  figure.append(button);
}
"""

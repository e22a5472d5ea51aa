
// Tables that sort by a click on a heading: numbers by their value, texts as a reader counts them.

const collator = new Intl.Collator("en", { numeric: true });

function keyOf(row, place) {
  const cell = row.cells[place], value = cell.dataset.value;
  return value === undefined ? cell.textContent.trim() : Number(value);
}

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = element("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [keyOf(row, place), row]);
      rows.sort(([a], [b]) => {
        const both = typeof a === "number" && typeof b === "number";
        const order = both ? a - b || 0 : collator.compare(a, b);
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}

// Buttons that copy a text of the page.
for (const button of document.querySelectorAll("button[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const own = button.textContent;
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent).then(() => {
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = own), 1500);
    }, () => {});
  });
}

// The bar at the top, and the start.

const part = (name) => document.getElementById(name);
const say = (text) => {
  part("said").textContent = text;
};

function showOnly(show) {
  view.show = show;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", button.dataset.show === show);
  }
  draw();
  window.scrollTo(0, 0);
  say(countText(matching().length));
}

function refreshCounts() {
  const { chosen, none, undecided } = counts();
  const decided = chosen + none;
  part("done").textContent = `${decided.toLocaleString("en")} of ${photos.length.toLocaleString("en")} decided`;
  part("done-bar").style.width = `${(100 * decided) / Math.max(1, photos.length)}%`;
  const shown = { all: photos.length, undecided, chosen, none };
  for (const button of document.querySelectorAll("[data-show]")) {
    button.dataset.count = shown[button.dataset.show].toLocaleString("en");
  }
}

function download() {
  const blob = new Blob([exported()], { type: "application/json" });
  const link = el("a", { href: URL.createObjectURL(blob), download: "picks.json" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say("picks.json was given to the browser to save.");
}

async function takeIn(file) {
  try {
    const count = imported(await file.text());
    say(`${count} picks taken from ${file.name}.`);
    tell(count ? "" : `${file.name} has no picks of these photos.`);
  } catch (error) {
    tell(`${file.name} cannot be used: ${error.message}.`);
  }
}

for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => showOnly(button.dataset.show));
}
part("show-all").addEventListener("click", () => {
  part("find").value = view.text = "";
  showOnly("all");
});
part("find").addEventListener("input", () => {
  view.text = part("find").value;
  draw();
});
part("order").addEventListener("change", () => {
  view.order = document.body.dataset.order = part("order").value;
  draw();
});
part("export").addEventListener("click", download);
part("import").addEventListener("click", () => part("import-file").click());
part("import-file").addEventListener("change", () => {
  const [file] = part("import-file").files;
  if (file) takeIn(file);
  part("import-file").value = "";
});
part("help-open").addEventListener("click", () => part("help").showModal());
troubles.push((text) => {
  part("alert").textContent = text;
  part("alert").hidden = !text;
});
listeners.push((photo) => {
  refreshCounts();
  say(`${title(photo)}: ${stateText(photo) || "undecided"}`);
});

part("title").textContent = data.folder;
const orders = [...part("order").options];
const unknown = ({ value }) => value !== "folder" && !photos.some((photo) => photo[value]);
orders.filter(unknown).forEach((order) => order.remove());
part("order-label").hidden = part("order").length < 2;
part("help-where").textContent = data.server
  ? "Every choice is saved to picks.json in the folder as you make it. When you are done, “colorize pick” gives the chosen variants the plain names of their photos."
  : "Choices stay in this browser. When you are done, export picks.json; “colorize pick” then gives the chosen variants the plain names of their photos.";
if (data.server) part("export").classList.remove("primary");
load();
refreshCounts();
draw();

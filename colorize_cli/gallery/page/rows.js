// The long list: photos in chunks that have content only near the window, so that thousands stay fluid.

const CHUNK = 8;
const host = document.getElementById("photos");
let chunks = []; // {element, photos, filled}
const chunkOf = new Map(); // photo -> its chunk

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? fill(target.chunk) : empty(target.chunk);
  },
  { rootMargin: "1200px 0px" },
);

function fill(chunk) {
  if (chunk.filled) return;
  chunk.filled = true;
  chunk.element.style.height = "";
  chunk.element.replaceChildren(...chunk.photos.map(photoRow));
}

function empty(chunk) {
  if (!chunk.filled || chunk.element.contains(document.activeElement)) return;
  chunk.element.style.height = `${chunk.element.offsetHeight}px`;
  chunk.element.replaceChildren();
  chunk.filled = false;
}

// As many columns as photos need, as long as they do not become too small to judge.
function layOut() {
  const most = 1 + Math.max(...photos.map((photo) => photo.variants.length), 1);
  const width = host.clientWidth;
  const least = width < 620 ? 150 : 176;
  const columns = Math.max(2, Math.min(most, Math.floor(width / least)));
  host.style.setProperty("--columns", columns);
  return { columns, cell: Math.min(width / columns, 380) };
}

function guessedHeight(photo, { columns, cell }) {
  const rows = Math.ceil((1 + photo.variants.length) / columns);
  return 62 + rows * (cell / Math.min(2.2, Math.max(0.72, photo.aspect)) + 8);
}

function heading(group, body) {
  const name = group.folder || data.folder;
  const open = !closed.has(group.folder);
  const button = el("button", { type: "button", class: "fold", "aria-expanded": String(open) });
  button.append(el("span", { class: "chevron", "aria-hidden": "true" }), el("span", { text: name }), el("small", { text: countText(group.photos.length) }));
  button.addEventListener("click", () => {
    const opened = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", opened);
    body.hidden = !opened;
    opened ? closed.delete(group.folder) : closed.add(group.folder);
  });
  body.hidden = !open;
  return el("h2", {}, button);
}

const countText = (count) => (count === 1 ? "1 photo" : `${count.toLocaleString("en")} photos`);

function section(group, layout, alone) {
  const body = el("div", { class: "body" });
  for (let at = 0; at < group.photos.length; at += CHUNK) {
    const members = group.photos.slice(at, at + CHUNK);
    const element = el("div", { class: "chunk" });
    const chunk = { element, photos: members, filled: false, folder: group.folder };
    element.chunk = chunk;
    element.style.height = `${members.reduce((sum, photo) => sum + guessedHeight(photo, layout), 0)}px`;
    chunks.push(chunk);
    for (const photo of members) chunkOf.set(photo, chunk);
    body.append(element);
  }
  const parts = alone ? [body] : [heading(group, body), body];
  return el("section", { class: "folder" }, ...parts);
}

function draw() {
  near.disconnect();
  chunks = [];
  chunkOf.clear();
  const groups = listed();
  const layout = layOut();
  const alone = groups.length === 1 && !groups[0].folder;
  host.replaceChildren(...groups.map((group) => section(group, layout, alone || group.folder === null)));
  document.getElementById("nothing").hidden = chunks.length > 0;
  for (const chunk of chunks) near.observe(chunk.element);
}

const shownPhotos = () => chunks.filter((chunk) => !closed.has(chunk.folder)).flatMap((chunk) => chunk.photos);

function rowOf(photo) {
  const chunk = chunkOf.get(photo);
  if (!chunk?.filled) return null;
  return [...chunk.element.children].find((row) => row.photo === photo) ?? null;
}

// The row of a photo, made if it is far from the window.
function reach(photo) {
  const chunk = chunkOf.get(photo);
  if (!chunk) return null;
  fill(chunk);
  return rowOf(photo);
}

let width = host.clientWidth;
new ResizeObserver(() => {
  if (Math.abs(host.clientWidth - width) < 2) return;
  width = host.clientWidth;
  const layout = layOut();
  for (const chunk of chunks) {
    if (!chunk.filled) chunk.element.style.height = `${chunk.photos.reduce((sum, photo) => sum + guessedHeight(photo, layout), 0)}px`;
  }
}).observe(host);
listeners.push((photo) => {
  const row = rowOf(photo);
  if (row) refreshRow(row);
});

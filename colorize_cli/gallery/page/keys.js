// The keyboard: everything that the mouse can do.

let current = null; // the photo that keys are about

function focusOn(photo, column) {
  const row = reach(photo);
  if (!row) return;
  current = photo;
  const buttons = [...row.querySelectorAll(".pic")];
  const button = buttons.find((each) => Number(each.dataset.column) === column) ?? buttons[buttons.length - 1];
  button.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function focusedColumn() {
  const column = document.activeElement?.dataset?.column;
  return column === undefined ? null : Number(column);
}

function photoOfKeys() {
  const row = document.activeElement?.closest?.(".photo");
  if (row) current = row.photo;
  if (!current || !chunkOf.has(current)) current = shownPhotos()[0] ?? null;
  return current;
}

function stepColumn(step) {
  const photo = photoOfKeys();
  if (!photo) return;
  const columns = [0, ...photo.variants.map((variant) => variant.variant)];
  const index = columns.indexOf(focusedColumn());
  const next = index < 0 ? 1 : Math.min(columns.length - 1, Math.max(0, index + step));
  focusOn(photo, columns[next]);
}

function stepRow(step) {
  const photo = photoOfKeys();
  const column = focusedColumn();
  const list = shownPhotos();
  const index = list.indexOf(photo);
  // The first key only shows where one is.
  const next = column === null && !document.activeElement?.closest?.(".photo") ? photo : list[index + step];
  if (next) focusOn(next, column ?? 1);
}

const inList = {
  ArrowLeft: () => stepColumn(-1),
  ArrowRight: () => stepColumn(1),
  ArrowUp: () => stepRow(-1),
  ArrowDown: () => stepRow(1),
  n: () => openNote(photoOfKeys()),
  z: () => openZoom(photoOfKeys(), focusedColumn() || null),
  u: () => showOnly(view.show === "undecided" ? "all" : "undecided"),
  h: () => {
    openZoom(photoOfKeys(), focusedColumn() || null);
    if (zoom.open) setHinting(true);
  },
  "?": () => document.getElementById("help").showModal(),
};
const inZoom = {
  ArrowLeft: () => stepVariant(-1),
  ArrowRight: () => stepVariant(1),
  ArrowUp: () => stepPhoto(-1),
  ArrowDown: () => stepPhoto(1),
  n: () => openNote(at.photo),
  z: () => toggleExact(),
  h: () => setHinting(!hinting.on),
  a: () => hinting.on && addInTheMiddle(),
  t: () => hinting.on && takeColour(),
  c: () => hinting.on && colourAnew(at.photo),
  Delete: () => hinting.on && removeHint(),
  "?": () => document.getElementById("help").showModal(),
};

function pressDigit(digit) {
  const photo = zoom.open ? at.photo : photoOfKeys();
  if (!photo) return;
  if (digit === 0) choose(photo, null);
  else if (variantOf(photo, digit)) {
    choose(photo, digit);
    if (zoom.open) openZoom(photo, digit);
    else focusOn(photo, digit);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog.card[open]")) return;
  const { target, key } = event;
  const typing = target.matches("input:not([type=range], [type=color]), textarea, select");
  const sliding = target.matches("input[type=range]") && key.startsWith("Arrow");
  if (typing || sliding) return;
  const onPicture = !zoom.open && target.matches(".pic");
  const action = (zoom.open ? inZoom : inList)[key] ?? (key === "Enter" && onPicture ? inList.z : null);
  const nothingToDo = !photos.length || (!zoom.open && !chunks.length && key !== "u" && key !== "?");
  if (/^[0-9]$/.test(key)) pressDigit(Number(key));
  else if (!action || nothingToDo) return;
  else action();
  event.preventDefault();
});

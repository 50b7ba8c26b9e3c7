// Hints on the stage of the large view: marks to place, move and remove, by mouse, finger or keyboard.

const hintPart = (name) => document.getElementById(`hint-${name}`);
const marks = document.getElementById("marks");
const chosenHint = () => sheetOf(at.photo)?.hints[hinting.chosen];
const rounded = (share) => Math.round(Math.min(1, Math.max(0, share)) * 1e5) / 1e5;

function setHinting(on) {
  hinting.on = on;
  Object.assign(hinting, { chosen: null, taking: false });
  document.getElementById("hints").hidden = !on;
  hintPart("open").setAttribute("aria-pressed", on);
  stage.classList.toggle("hinting", on && Boolean(data.hints));
  // The variant alone is under the marks; the slider still shows the original.
  place(on && data.hints ? 0 : 50);
  size();
  const sheet = sheetOf(at.photo);
  if (on && sheet && !sheet.changed && !sheet.busy && !sheet.loading) sheets.delete(at.photo); // the file may be another one by now
  refreshHints();
}

// A sheet that is touched is not as it was saved.
function touched() {
  Object.assign(sheetOf(at.photo), { changed: true, said: "" });
  refreshHints();
}

function addHint(x, y) {
  const sheet = sheetOf(at.photo);
  if (!isOpen(sheet) || sheet.trouble) return;
  sheet.hints.push({ x: rounded(x), y: rounded(y), color: hinting.colour, shown: hinting.colour });
  hinting.chosen = sheet.hints.length - 1;
  touched();
}

function removeHint() {
  const sheet = sheetOf(at.photo);
  if (!chosenHint() || !isOpen(sheet)) return;
  sheet.hints.splice(hinting.chosen, 1);
  hinting.chosen = null;
  touched();
  hintPart("add").focus();
}

function moveHint(x, y) {
  Object.assign(chosenHint(), { x: rounded(x), y: rounded(y) });
  touched();
}

function setColour(color) {
  hinting.colour = color;
  if (!chosenHint() || !isOpen(sheetOf(at.photo))) return refreshHints();
  Object.assign(chosenHint(), { color, shown: color });
  return touched();
}

// Where a point of the window is on the picture, as shares of its width and height; null beside it.
function shareAt(clientX, clientY) {
  const box = frame.getBoundingClientRect();
  const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? [x, y] : null;
}

// What a picture shows around a place, as #rrggbb; null while it is not there.
function colourIn(picture, x, y) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  if (!picture.complete || !width) return null;
  const side = Math.max(3, Math.max(width, height) / 150);
  const from = (share, length) => Math.max(0, Math.min(length - side, share * length - side / 2));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, from(x, width), from(y, height), side, side, 0, 0, 8, 8);
  const { data: pixels } = context.getImageData(0, 0, 8, 8);
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < pixels.length; i += 1) sums[i % 4] += pixels[i];
  const hex = (sum) => Math.round(sum / 64).toString(16).padStart(2, "0");
  return `#${sums.slice(0, 3).map(hex).join("")}`;
}

function swatch(name, color) {
  const button = el("button", { type: "button", class: "swatch", title: name, "aria-label": `Colour: ${name}` });
  button.style.setProperty("--colour", color);
  button.addEventListener("click", () => setColour(color));
  return button;
}

// What each variant has at the place of the hint: an opinion to agree with.
function drawThere() {
  const hint = chosenHint();
  const found = hint ? [...film.children].map((button) => [button.dataset.variant, colourIn(button.querySelector("img"), hint.x, hint.y)]) : [];
  const there = found.filter(([, color]) => color);
  hintPart("there").hidden = !there.length;
  hintPart("there").replaceChildren(el("span", { text: "There now:" }), ...there.map(([number, color]) => swatch(`as in variant ${number}`, color)));
}

function markOf(hint, index) {
  const where = `${Math.round(hint.x * 100)} % across, ${Math.round(hint.y * 100)} % down`;
  const name = `Hint ${index + 1}${hint.label ? ` (${hint.label})` : ""}`;
  const mark = el("button", { type: "button", class: "hint-mark", "data-index": index, "aria-label": `${name}, ${hint.shown}, ${where}`, title: `${name}: drag to move, Delete removes it` });
  mark.setAttribute("aria-pressed", index === hinting.chosen);
  return mark;
}

function drawMarks(sheet) {
  const focused = document.activeElement?.classList?.contains("hint-mark");
  const own = sheet.hints.map(markOf);
  const fixed = sheet.drawn.map((hint) => el("span", { class: "hint-mark fixed", role: "img", "aria-label": `Drawn hint, ${hint.shown}`, title: "From the picture of dots beside the scan" }));
  [...sheet.hints, ...sheet.drawn].forEach((hint, i) => {
    const { style } = [...own, ...fixed][i];
    style.left = `${hint.x * 100}%`;
    style.top = `${hint.y * 100}%`;
    style.setProperty("--colour", hint.shown);
  });
  marks.replaceChildren(...own, ...fixed);
  if (focused) (own[hinting.chosen] ?? hintPart("add")).focus();
}

function hintText(sheet) {
  if (!data.hints) return `Hints are placed on the served page: colorize gallery --serve ${data.folder}`;
  if (!sheet || sheet.loading) return "Looking for the hints of this photo …";
  if (sheet.trouble) return sheet.trouble;
  const file = sheet.digest ? `They are in ${sheet.file} beside the scan.` : `They will be saved as ${sheet.file} beside the scan.`;
  const dots = sheet.drawn.length ? " Those with a dotted edge are from the picture of dots beside it, and stay as they are." : "";
  return `Click a place whose colour you know, then choose the colour; only its hue and strength count. ${file}${dots} ${sheet.about}`;
}

function refreshHints() {
  if (!hinting.on || !zoom.open) return;
  const sheet = data.hints ? sheetOf(at.photo) : null;
  if (data.hints && !sheet) loadSheet(at.photo);
  const free = isOpen(sheet) && !sheet.trouble;
  hintPart("text").textContent = hintText(sheet);
  hintPart("tools").hidden = !data.hints || Boolean(sheet?.broken);
  drawMarks(sheet ?? { hints: [], drawn: [] });
  hintPart("colour").value = chosenHint()?.shown ?? hinting.colour;
  hintPart("label").value = chosenHint()?.label ?? "";
  for (const name of ["label", "remove"]) hintPart(name).disabled = !free || !chosenHint();
  for (const name of ["colour", "add", "take"]) hintPart(name).disabled = !free;
  hintPart("take").setAttribute("aria-pressed", hinting.taking);
  hintPart("anew").disabled = !free || !(sheet.changed || sheet.digest || sheet.drawn.length);
  hintPart("said").textContent = sheet?.said || (sheet?.changed ? "Not saved yet." : "");
  document.getElementById("hints").setAttribute("aria-busy", Boolean(sheet?.busy));
  stage.classList.toggle("taking", hinting.taking);
  drawThere();
}

function markKey(event) {
  const step = event.shiftKey ? 10 : 1;
  const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
  if (!isOpen(sheetOf(at.photo))) return;
  hinting.chosen = Number(event.target.dataset.index);
  if (event.key === "Delete" || event.key === "Backspace") removeHint();
  else if (dx || dy) moveHint(chosenHint().x + dx / frame.offsetWidth, chosenHint().y + dy / frame.offsetHeight);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function dragMark(event) {
  hinting.chosen = Number(event.target.dataset.index);
  refreshHints();
  marks.children[hinting.chosen].focus();
  if (!isOpen(sheetOf(at.photo))) return;
  const from = [event.clientX, event.clientY];
  const move = (moved) => {
    const share = shareAt(moved.clientX, moved.clientY);
    if (share && Math.hypot(moved.clientX - from[0], moved.clientY - from[1]) > 3) moveHint(...share);
  };
  stage.setPointerCapture(event.pointerId);
  stage.addEventListener("pointermove", move);
  const end = () => stage.removeEventListener("pointermove", move);
  stage.addEventListener("pointerup", end, { once: true });
  stage.addEventListener("pointercancel", end, { once: true });
}

let pressed = null; // where the pointer went down beside any mark

// Returns whether the press was about hints; panning is left to the stage.
function pressForHints(event) {
  if (!stage.classList.contains("hinting")) return false;
  const mark = event.target.closest("button.hint-mark");
  pressed = mark ? null : [event.clientX, event.clientY];
  if (mark) {
    event.preventDefault();
    dragMark(event);
  }
  return Boolean(mark) || !exact;
}

stage.addEventListener("click", (event) => {
  const from = pressed;
  pressed = null;
  if (!from || Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 3) return;
  const share = shareAt(event.clientX, event.clientY);
  if (!share) return;
  if (!hinting.taking) return addHint(...share);
  hinting.taking = false;
  return setColour(colourIn(afterImage, ...share) ?? hinting.colour);
});
marks.addEventListener("keydown", markKey);
marks.addEventListener("focusin", (event) => {
  const index = Number(event.target.dataset.index);
  if (hinting.chosen === index) return;
  hinting.chosen = index;
  refreshHints();
});

// In the middle of what is seen, from where the arrow keys move it.
function addInTheMiddle() {
  const box = stage.getBoundingClientRect();
  addHint(...(shareAt(box.left + box.width / 2, box.top + box.height / 2) ?? [0.5, 0.5]));
  marks.children[hinting.chosen]?.focus();
}

function takeColour() {
  hinting.taking = !hinting.taking;
  refreshHints();
}

hintPart("open").addEventListener("click", () => setHinting(!hinting.on));
hintPart("add").addEventListener("click", addInTheMiddle);
hintPart("take").addEventListener("click", takeColour);
hintPart("remove").addEventListener("click", removeHint);
hintPart("anew").addEventListener("click", () => colourAnew(at.photo));
hintPart("colour").addEventListener("input", () => setColour(hintPart("colour").value));
hintPart("label").addEventListener("change", () => {
  if (!chosenHint()) return;
  chosenHint().label = hintPart("label").value.trim();
  touched();
});
hintPart("swatches").append(...SWATCHES.map(([name, color]) => swatch(name, color)));

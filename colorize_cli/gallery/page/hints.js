// Hints: colours that a person knows, at places of a photo. What the server has of them, and colouring anew.

const SWATCHES = [
  ["light skin", "#d8a98c"], ["dark skin", "#8d5b3e"], ["fair hair", "#c3a067"], ["brown hair", "#5f422c"],
  ["sky", "#8db4da"], ["water", "#4f7c8c"], ["grass", "#728c48"], ["leaves", "#4f6f3c"],
  ["earth", "#8a6b4a"], ["sand", "#cdb78c"], ["wood", "#8e6440"], ["brick", "#9c5440"],
  ["field grey", "#5f6b5c"], ["khaki", "#8c7d55"], ["navy", "#2b3c66"], ["red", "#9c2626"],
  ["green", "#2e6b3a"], ["yellow", "#d8b52a"], ["purple", "#6b3a70"], ["no colour", "#808080"],
];
const sheets = new Map(); // photo -> its hints: {hints, drawn, digest, file, about, trouble, changed, said, busy}
const hinting = { on: false, chosen: null, colour: "#9c2626", taking: false };
const asked = new Set(); // names of photos that are being coloured anew

const sheetOf = (photo) => sheets.get(photo);

async function ask(address, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Error("The server does not answer. Is “colorize gallery --serve” still running?");
  }
  if (!answer.ok) throw new Error((await answer.text()) || `answer ${answer.status}`);
  return answer.json();
}

async function loadSheet(photo) {
  if (sheets.has(photo)) return;
  sheets.set(photo, { hints: [], drawn: [], loading: true, said: "" });
  let found;
  try {
    found = await ask(`${data.hints}/of`, { photo: photo.photo });
  } catch (error) {
    found = { hints: [], drawn: [], broken: true, trouble: error.message };
  }
  sheets.set(photo, { said: "", ...found });
  refreshHints();
}

// Whether hints can be placed on a photo: not while nobody knows what would be written over.
const isOpen = (sheet) => Boolean(sheet) && !sheet.loading && !sheet.broken && !sheet.busy;
const isChanged = () => [...sheets.values()].some((sheet) => sheet.changed);

function written({ x, y, color, radius, label }) {
  const hint = { x, y, color };
  if (radius !== undefined) hint.radius = radius;
  if (label) hint.label = label;
  return hint;
}

async function colourAnew(photo) {
  const sheet = sheetOf(photo);
  if (!isOpen(sheet) || sheet.trouble) return;
  Object.assign(sheet, { busy: true, said: "The hints are being saved …" });
  refreshHints();
  try {
    const body = { photo: photo.photo, hints: sheet.hints.map(written), digest: sheet.digest };
    Object.assign(sheet, await ask(data.hints, body), { changed: false, said: "Waiting for the photo before …" });
    asked.add(photo.photo);
    follow();
  } catch (error) {
    Object.assign(sheet, { busy: false, said: `Not saved. ${error.message}` });
  }
  hinting.chosen = null;
  refreshHints();
}

let following = false;

async function follow() {
  if (following) return;
  following = true;
  while (asked.size) {
    try {
      (await ask(`${data.hints}/progress`)).tasks.forEach(heard);
    } catch (error) {
      for (const name of asked) sheetOf(byName.get(name)).said = error.message;
    }
    refreshHints();
    if (asked.size) await new Promise((resolve) => setTimeout(resolve, 400));
  }
  following = false;
}

function heard({ photo: name, state, said, record }) {
  if (!asked.has(name)) return;
  const sheet = sheetOf(byName.get(name));
  if (said.length) sheet.said = said.join(" ");
  if (state === "waiting" || state === "working") return;
  asked.delete(name);
  sheet.busy = false;
  if (state === "failed") sheet.said = `The hints are saved in ${sheet.file}, but the photo was not coloured. ${sheet.said}`;
  else renew(byName.get(name), record);
  say(`${title(byName.get(name))}: ${sheet.said}`);
}

// A photo with the pictures that it has now; the choice of one that is gone does not hold.
function renew(photo, record) {
  Object.assign(photo, versioned(record));
  const pick = picks.get(photo.photo);
  if (pick && !isCurrent(photo, pick)) {
    Object.assign(pick, { variant: undefined, sha256: undefined });
    sheetOf(photo).said += " The variant that was chosen is another one now: choose again.";
    keep(photo);
  }
  const row = rowOf(photo);
  if (row) row.replaceWith(photoRow(photo));
  listeners.forEach((listener) => listener(photo));
  if (!zoom.open || at.photo !== photo) return;
  drawFilm(photo.variants.filter((variant) => variant.thumb));
  openZoom(photo, at.variant);
}

// Begun from another window, or before this one was loaded again.
async function join(photo) {
  await loadSheet(photo);
  Object.assign(sheetOf(photo), { busy: true, said: "It is being coloured …" });
  asked.add(photo.photo);
  follow();
}
for (const name of data.busy ?? []) if (byName.has(name)) join(byName.get(name));

let reminded = false;

// What was placed and not saved is said where it cannot be seen any more.
function remind() {
  const names = [...sheets].filter(([, sheet]) => sheet.changed).map(([photo]) => title(photo));
  if (names.length) tell(`Hints on ${names.join(", ")} are not saved yet: enlarge the photo, press h, then “Colour anew”.`);
  else if (reminded) tell("");
  reminded = names.length > 0;
}

window.addEventListener("beforeunload", (event) => {
  if (isChanged()) event.preventDefault();
});

// The choices: where they are kept, how they come in and go out. Nothing here knows how they look.

const data = JSON.parse(document.getElementById("data").textContent);
// Pictures that are made anew keep their names; browsers would show the old ones.
function versioned(photo) {
  for (const variant of data.server ? photo.variants : []) {
    if (variant.full) variant.full += `?${variant.sha256}`;
  }
  return photo;
}

const photos = data.photos.map(versioned);
photos.forEach((photo, index) => {
  photo.index = index;
});
const byName = new Map(photos.map((photo) => [photo.photo, photo]));
const KEY = `colorize-gallery:${data.id}:`;
const picks = new Map(); // photo -> {variant, note, sha256, at}; variant undefined: undecided, null: none good
const listeners = []; // called with a photo whose choice has changed
const troubles = []; // called with a text, "" when all is well again

const pickOf = (photo) => picks.get(photo.photo) ?? {};
const variantOf = (photo, number) => photo.variants.find((variant) => variant.variant === number);

// A choice of a picture that has been made anew since does not hold.
function isCurrent(photo, pick) {
  if (pick.variant === undefined || pick.variant === null) return true;
  const variant = variantOf(photo, pick.variant);
  return variant !== undefined && (!pick.sha256 || pick.sha256 === variant.sha256);
}

function take(found) {
  const photo = byName.get(found?.photo);
  if (!photo) return false;
  const { variant, note, sha256, at } = found;
  const number = Number.isInteger(variant) || variant === null ? variant : undefined;
  const pick = { variant: number, note: typeof note === "string" ? note : "", sha256, at };
  if (!isCurrent(photo, pick)) {
    pick.variant = undefined;
    pick.sha256 = undefined;
  }
  picks.set(photo.photo, pick);
  return true;
}

function record(photo) {
  const { variant, note, sha256, at } = pickOf(photo);
  const written = { photo: photo.photo, page: photo.page };
  if (variant !== undefined) written.variant = variant;
  if (note) written.note = note;
  if (sha256) written.sha256 = sha256;
  if (at) written.at = at;
  return written;
}

function load() {
  for (const photo of photos) {
    if (photo.picked !== null) take({ photo: photo.photo, variant: photo.picked || null });
  }
  data.picks.forEach(take);
  if (data.server) return;
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(KEY)) take(JSON.parse(localStorage.getItem(key)));
    }
  } catch {
    tell("This browser keeps nothing for this page: export your picks before you close it.");
  }
}

function tell(text) {
  troubles.forEach((listener) => listener(text));
}

function set(photo, change) {
  const pick = { ...pickOf(photo), ...change, at: new Date().toISOString() };
  pick.sha256 = pick.variant ? variantOf(photo, pick.variant).sha256 : undefined;
  picks.set(photo.photo, pick);
  keep(photo);
  listeners.forEach((listener) => listener(photo));
}

// The same choice once more takes it back.
function choose(photo, value) {
  if (value !== null && !variantOf(photo, value)?.thumb) return;
  set(photo, { variant: pickOf(photo).variant === value ? undefined : value });
}

function keep(photo) {
  if (data.server) {
    waiting.set(photo.photo, photo);
    send();
    return;
  }
  try {
    localStorage.setItem(KEY + photo.photo, JSON.stringify(record(photo)));
  } catch {
    tell("This browser has no room for more picks: export them before you close the page.");
  }
}

const waiting = new Map(); // photos whose choice the server does not have yet
let sending = false;

async function send() {
  if (sending) return;
  sending = true;
  while (waiting.size) {
    const [name, photo] = waiting.entries().next().value;
    const body = JSON.stringify(record(photo));
    try {
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(data.server, { method: "POST", headers, body });
      if (!answer.ok) throw new Error((await answer.text()) || `answer ${answer.status}`);
      if (body === JSON.stringify(record(photo))) waiting.delete(name);
      if (!waiting.size) tell("");
    } catch (error) {
      tell(`${waiting.size} picks are not saved yet (${error.message}). Is “colorize gallery --serve” still running? Export them if it is not.`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
  sending = false;
}

function exported() {
  const records = photos.filter((photo) => picks.has(photo.photo)).map((photo) => JSON.stringify(record(photo)));
  return `{"version": 1, "picks": [\n${records.join(",\n")}\n]}\n`;
}

// Returns how many picks were taken; an Error where the text holds none.
function imported(text) {
  const found = JSON.parse(text);
  if (found?.version !== 1 || !Array.isArray(found.picks)) throw new Error("it holds no picks of this version");
  const taken = found.picks.filter(take);
  for (const { photo } of taken) keep(byName.get(photo));
  for (const { photo } of taken) listeners.forEach((listener) => listener(byName.get(photo)));
  return taken.length;
}

window.addEventListener("beforeunload", (event) => {
  if (waiting.size) event.preventDefault();
});
window.addEventListener("storage", (event) => {
  if (data.server || !event.key?.startsWith(KEY) || !event.newValue) return;
  const found = JSON.parse(event.newValue);
  if (take(found)) listeners.forEach((listener) => listener(byName.get(found.photo)));
});

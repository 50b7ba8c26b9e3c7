// The large view: which photo and variant is on the stage, and choosing there.

const zoom = document.getElementById("zoom");
const zoomPart = (name) => document.getElementById(`zoom-${name}`);
const film = document.getElementById("film");
const at = { photo: null, variant: 1 };

function openZoom(photo, number) {
  const there = photo.variants.filter((variant) => variant.thumb);
  if (!there.length) return;
  const wanted = number ?? pickOf(photo).variant ?? there[0].variant;
  const isNew = at.photo !== photo || !zoom.open;
  at.photo = photo;
  at.variant = (there.find((variant) => variant.variant === wanted) ?? there[0]).variant;
  if (!zoom.open) zoom.showModal();
  if (isNew) {
    place(stage.classList.contains("hinting") ? 0 : 50);
    Object.assign(hinting, { chosen: null, taking: false });
    drawFilm(there);
    showBefore(photo);
  }
  const variant = variantOf(photo, at.variant);
  afterImage.alt = `Variant ${at.variant} of ${title(photo)}`;
  show(afterImage, variant.thumb, variant.full);
  refreshZoom();
}

function showBefore(photo) {
  const stand = standIn(photo);
  const inGrey = () => {
    beforeImage.classList.add("grey");
    beforeImage.alt = `Grey of variant ${stand.variant} of ${title(photo)}; the scan is not there`;
    document.getElementById("side-before").textContent = `Grey of variant ${stand.variant} (the scan is not there)`;
    show(beforeImage, stand.thumb, stand.full);
  };
  beforeImage.ongone = null;
  if (!photo.original) return inGrey();
  beforeImage.classList.remove("grey");
  beforeImage.alt = `Original of ${title(photo)}`;
  document.getElementById("side-before").textContent = "Original";
  fallBack = inGrey;
  return show(beforeImage, photo.original.thumb, photo.original.full);
}

let fallBack = () => {};
beforeImage.addEventListener("gone", () => fallBack());

function drawFilm(variants) {
  film.replaceChildren(
    ...variants.map((variant) => {
      const button = el("button", { type: "button", "data-variant": variant.variant, "aria-label": `Show variant ${variant.variant}` });
      button.append(image(variant.thumb, ""), el("span", { text: variant.variant }));
      button.addEventListener("click", () => openZoom(at.photo, variant.variant));
      return button;
    }),
  );
}

function refreshZoom() {
  const { photo, variant } = at;
  const pick = pickOf(photo);
  const chosen = pick.variant === variant;
  const { weight } = variantOf(photo, variant);
  zoomPart("title").textContent = title(photo);
  const likely = weight === undefined ? "" : `, weight ${percent(weight)}`;
  zoomPart("what").textContent = `Variant ${variant} of ${photo.variants.length}${likely}`;
  document.getElementById("side-after").textContent = `Variant ${variant}`;
  zoomPart("choose").textContent = chosen ? `✓ Chosen` : `Choose ${variant}`;
  zoomPart("choose").setAttribute("aria-pressed", chosen);
  zoomPart("none").setAttribute("aria-pressed", pick.variant === null);
  zoomPart("note").classList.toggle("has-note", Boolean(pick.note));
  for (const button of film.children) {
    const number = Number(button.dataset.variant);
    button.setAttribute("aria-current", number === variant);
    button.classList.toggle("chosen", number === pick.variant);
  }
  refreshHints();
}

function stepVariant(step) {
  const there = at.photo.variants.filter((variant) => variant.thumb);
  const index = there.findIndex((variant) => variant.variant === at.variant);
  const next = there[index + step];
  if (next) openZoom(at.photo, next.variant);
}

function stepPhoto(step) {
  const list = shownPhotos();
  let index = list.indexOf(at.photo) + step;
  while (list[index] && !standIn(list[index])) index += step;
  if (list[index]) openZoom(list[index], null);
}

function toggleExact(x, y) {
  setExact(!exact, x, y);
  zoomPart("size").setAttribute("aria-pressed", exact);
}

zoomPart("close").addEventListener("click", () => zoom.close());
zoomPart("size").addEventListener("click", () => toggleExact());
zoomPart("note").addEventListener("click", () => openNote(at.photo));
zoomPart("none").addEventListener("click", () => choose(at.photo, null));
zoomPart("choose").addEventListener("click", () => choose(at.photo, at.variant));
zoomPart("previous").addEventListener("click", () => stepPhoto(-1));
zoomPart("next").addEventListener("click", () => stepPhoto(1));
zoom.addEventListener("close", () => {
  setHinting(false);
  remind();
  exact = false;
  zoomPart("size").setAttribute("aria-pressed", false);
  for (const element of [beforeImage, afterImage]) {
    element.wanted = element.shown = null;
    element.removeAttribute("src");
  }
  focusOn(at.photo, at.variant);
});
listeners.push((photo) => {
  if (zoom.open && photo === at.photo) refreshZoom();
});

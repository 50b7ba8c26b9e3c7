// A photo's row: its name, its original and its variants. Texts go in as text, never as HTML.

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const title = (photo) => photo.name || photo.photo;
// Not how likely a variant is: those behind the first are chosen to differ, so that it need not fall.
const weightTitle = "Weight: the share of the mixture that this variant comes from. Variants are ranked by likelihood and by how much they differ.";
const percent = (weight) => (weight > 0 && weight < 0.005 ? "< 1 %" : `${Math.round(weight * 100)} %`);

function image(src, alt) {
  return el("img", { src, alt, loading: "lazy", decoding: "async", draggable: "false" });
}

// The variants have the luminance of their scan, so one of them in grey stands for a scan that is gone.
function standIn(photo) {
  return photo.variants.find((variant) => variant.thumb);
}

function originalCell(photo) {
  const source = photo.original ?? standIn(photo);
  const label = photo.original ? "Original" : "Original (grey of a variant; the scan is not there)";
  const picture = source
    ? image(source.thumb, `${label} of ${title(photo)}`)
    : el("span", { class: "gone", text: "not there" });
  if (!photo.original) picture.classList.add("grey");
  const button = el("button", { type: "button", class: "pic", "data-column": 0, tabindex: -1, title: "Enlarge" }, picture);
  button.addEventListener("click", () => openZoom(photo, null));
  return el("figure", { class: "cell original" }, button, el("figcaption", { text: photo.original ? "Original" : "Grey of variant" }));
}

function variantCell(photo, variant) {
  const number = variant.variant;
  const likely = variant.weight === undefined ? "" : `, weight ${percent(variant.weight)}`;
  const picture = variant.thumb
    ? image(variant.thumb, `Variant ${number} of ${title(photo)}${likely}`)
    : el("span", { class: "gone", text: `${variant.name} is missing or was changed` });
  const button = el("button", { type: "button", class: "pic", role: "radio", "data-column": number, title: variant.name }, picture);
  if (!variant.thumb) button.setAttribute("aria-disabled", "true");
  button.addEventListener("click", () => choose(photo, number));
  button.addEventListener("dblclick", () => openZoom(photo, number));
  const enlarge = el("button", { type: "button", class: "enlarge", tabindex: -1, "aria-label": `Enlarge variant ${number} of ${title(photo)}`, title: "Enlarge (z)", text: "⤢" });
  enlarge.addEventListener("click", () => openZoom(photo, number));
  const tag = el("span", { class: "tag", "aria-hidden": "true" }, el("span", { class: "mark", text: "✓ " }), String(number));
  if (likely) tag.append(el("span", { class: "likely", title: weightTitle, text: `weight ${percent(variant.weight)}` }));
  return el("div", { class: "cell variant", "data-variant": number }, button, variant.thumb ? enlarge : "", tag);
}

function stateText(photo) {
  const { variant } = pickOf(photo);
  if (variant === undefined) return "";
  return variant === null ? "None is good" : `✓ Variant ${variant}`;
}

function unsure({ uncertainty }) {
  if (uncertainty == null) return "";
  const title = "How far the mixture is from one opinion: standard deviation of colour, ΔE";
  return el("span", { class: "unsure", title, text: `unsure ${uncertainty.toFixed(1)}` });
}

function pale({ pale_skin }) {
  if (!pale_skin) return "";
  const title = "Small spots that hint at skin in the mean of the variants and are pale in the first: perhaps faces that came out grey. Nothing here looks for faces.";
  return el("span", { class: "pale", title, text: `pale skin ${pale_skin}` });
}

function photoRow(photo) {
  const id = `photo-${photo.index}`;
  const name = el("h3", { id, text: title(photo) });
  const none = el("button", { type: "button", class: "quiet none", title: "None of the variants is good (0)", text: "None is good" });
  none.addEventListener("click", () => choose(photo, null));
  const note = el("button", { type: "button", class: "quiet note", title: "Note (n)", text: "Note" });
  note.addEventListener("click", () => openNote(photo));
  const state = el("span", { class: "state" });
  const caption = el("div", { class: "caption" }, name, state, unsure(photo), pale(photo), el("span", { class: "space" }), note, none);
  const choices = el("div", { class: "choices", role: "radiogroup", "aria-labelledby": id });
  choices.append(...photo.variants.map((variant) => variantCell(photo, variant)));
  const strip = el("div", { class: "strip" }, originalCell(photo), choices);
  const said = el("p", { class: "said", hidden: true });
  const row = el("article", { class: "photo", "aria-labelledby": id }, caption, said, strip);
  row.style.setProperty("--aspect", Math.min(2.2, Math.max(0.72, photo.aspect)));
  row.photo = photo;
  refreshRow(row);
  return row;
}

// What a choice changes; the pictures stay where they are.
function refreshRow(row) {
  const { photo } = row;
  const pick = pickOf(photo);
  row.classList.toggle("decided", pick.variant !== undefined);
  row.querySelector(".state").textContent = pick.variant === null ? "" : stateText(photo);
  const said = row.querySelector(".said");
  said.textContent = pick.note ?? "";
  said.hidden = !pick.note;
  row.querySelector(".none").setAttribute("aria-pressed", pick.variant === null);
  const radios = [...row.querySelectorAll("[role=radio]")];
  for (const radio of radios) {
    const number = Number(radio.dataset.column);
    radio.setAttribute("aria-checked", number === pick.variant);
    radio.parentElement.classList.toggle("chosen", number === pick.variant);
    // One stop for the tab key in a group of choices.
    const stop = typeof pick.variant === "number" ? number === pick.variant : radio === radios[0];
    radio.tabIndex = stop ? 0 : -1;
  }
}

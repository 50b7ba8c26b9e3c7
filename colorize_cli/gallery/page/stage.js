// The stage of the large view: two pictures one above the other, a divider, and pixel-for-pixel panning.

const stage = document.getElementById("stage");
const frame = document.getElementById("frame");
const beforeImage = document.getElementById("before");
const afterImage = document.getElementById("after");
const slider = document.getElementById("slider");
let natural = { width: 4, height: 3 };
let exact = false; // pixel for pixel

function place(percent) {
  slider.value = percent;
  frame.style.setProperty("--at", `${percent}%`);
}

function size() {
  const box = stage.getBoundingClientRect();
  const fit = Math.min(box.width / natural.width, box.height / natural.height);
  const scale = exact ? 1 / devicePixelRatio : Math.min(fit, 2);
  frame.style.width = `${Math.floor(natural.width * scale)}px`;
  frame.style.height = `${Math.floor(natural.height * scale)}px`;
  stage.classList.toggle("exact", exact);
}

// Pixel for pixel around a point of the window, or the whole picture again.
function setExact(wanted, x, y) {
  const before = frame.getBoundingClientRect();
  const box = stage.getBoundingClientRect();
  const [px, py] = [x ?? box.left + box.width / 2, y ?? box.top + box.height / 2];
  const [u, v] = [(px - before.left) / before.width, (py - before.top) / before.height];
  exact = wanted;
  size();
  stage.scrollTo(u * frame.offsetWidth - (px - box.left), v * frame.offsetHeight - (py - box.top));
}

// The thumbnail at once, the full picture when it has been decoded.
function show(element, thumb, full) {
  element.wanted = full;
  if (element.shown === full) return;
  element.src = thumb;
  const loading = new Image();
  loading.src = full;
  loading.decode().then(
    () => {
      if (element.wanted !== full) return;
      element.src = full;
      element.shown = full;
      natural = { width: loading.naturalWidth, height: loading.naturalHeight };
      size();
    },
    () => element.wanted === full && element.dispatchEvent(new Event("gone")),
  );
}

function dragged(event) {
  const box = frame.getBoundingClientRect();
  place(Math.min(100, Math.max(0, ((event.clientX - box.left) / box.width) * 100)));
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || pressForHints(event)) return;
  const onDivider = event.target.closest("#divider");
  // A finger pans by itself.
  if (exact && !onDivider && event.pointerType !== "mouse") return;
  event.preventDefault();
  stage.setPointerCapture(event.pointerId);
  const from = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
  const move = (moved) => {
    if (exact && !onDivider) stage.scrollTo(from.left - moved.clientX + from.x, from.top - moved.clientY + from.y);
    else dragged(moved);
  };
  if (!exact) dragged(event);
  stage.addEventListener("pointermove", move);
  const end = () => stage.removeEventListener("pointermove", move);
  stage.addEventListener("pointerup", end, { once: true });
  stage.addEventListener("pointercancel", end, { once: true });
});
stage.addEventListener("dblclick", (event) => {
  if (!stage.classList.contains("hinting")) toggleExact(event.clientX, event.clientY);
});
slider.addEventListener("input", () => place(slider.value));
new ResizeObserver(size).observe(stage);

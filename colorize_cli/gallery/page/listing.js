// Which photos are shown, in which order, under which headings.

// order: "folder", or the number of a photo by which the largest come first
const view = { show: "all", text: "", order: "folder" };
const closed = new Set(); // folders that are folded away

const SHOWN = {
  all: () => true,
  undecided: (pick) => pick.variant === undefined,
  chosen: (pick) => typeof pick.variant === "number",
  none: (pick) => pick.variant === null,
};

function matching() {
  const text = view.text.trim().toLocaleLowerCase();
  return photos.filter(
    (photo) => SHOWN[view.show](pickOf(photo)) && (!text || photo.photo.toLocaleLowerCase().includes(text)),
  );
}

// [{folder, photos}]; one group without a heading where the order is not that of folders.
function listed() {
  const found = matching();
  if (view.order !== "folder") {
    const of = (photo) => photo[view.order] ?? -Infinity;
    found.sort((a, b) => of(b) - of(a) || 0);
    return [{ folder: null, photos: found }];
  }
  const groups = new Map();
  for (const photo of found) {
    if (!groups.has(photo.folder)) groups.set(photo.folder, []);
    groups.get(photo.folder).push(photo);
  }
  return [...groups].map(([folder, members]) => ({ folder, photos: members }));
}

function counts() {
  let chosen = 0;
  let none = 0;
  for (const photo of photos) {
    const { variant } = pickOf(photo);
    if (variant === null) none += 1;
    else if (variant !== undefined) chosen += 1;
  }
  return { chosen, none, undecided: photos.length - chosen - none };
}

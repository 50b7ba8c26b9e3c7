// Notes, in a small dialog that serves list and large view alike.

const noteDialog = document.getElementById("note");
const noteText = document.getElementById("note-text");
let noted = null;

function openNote(photo) {
  noted = photo;
  document.getElementById("note-title").textContent = `Note on ${title(photo)}`;
  noteText.value = pickOf(photo).note ?? "";
  noteDialog.returnValue = "";
  noteDialog.showModal();
  noteText.focus();
}

noteDialog.addEventListener("close", () => {
  const text = noteText.value.trim();
  if (noteDialog.returnValue === "save" && text !== (pickOf(noted).note ?? "")) set(noted, { note: text });
});
noteText.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) noteDialog.close("save");
});

// What a visitor may take away from a top list: a picture of its first five, and the list as a
// file. Everything is made in this page.

import { LOCALE } from "./dates.js";
import { csv, fileName, json } from "./files.js";
import { draw } from "./picture.js";
import { save } from "./save.js";

const picture = (canvas) => new Promise((resolve) => canvas.toBlob(resolve, "image/png"));

/** Opens `dialog` for a list as it stands on the page. */
export async function take(dialog, { kind, range, rangeName, items }) {
  const canvas = dialog.querySelector("canvas");
  const { heading, site } = dialog.dataset;
  const now = new Date();
  const named = (ending) => fileName(kind, range, ending, now);
  const files = {
    png: () => picture(canvas),
    csv: () => new Blob([csv(kind, items)], { type: "text/csv" }),
    json: () => new Blob([json(kind, range, items, now)], { type: "application/json" }),
  };
  for (const button of dialog.querySelectorAll("[data-save]")) {
    const ending = button.dataset.save;
    button.onclick = async () => save(named(ending), await files[ending]());
  }
  dialog.showModal();
  const month = now.toLocaleDateString(LOCALE, { month: "long", year: "numeric" });
  const logo = document.querySelector(".spotify img").src;
  await draw(canvas, { heading, below: `${rangeName} · ${month}`, site, logo, items });
  await offerSharing(dialog, canvas, named("png"));
}

async function offerSharing(dialog, canvas, name) {
  const button = dialog.querySelector("[data-share]");
  const file = new File([await picture(canvas)], name, { type: "image/png" });
  button.hidden = !navigator.canShare?.({ files: [file] });
  // Refusing to share is no mistake.
  button.onclick = () => navigator.share({ files: [file] }).catch(() => {});
}

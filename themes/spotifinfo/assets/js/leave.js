// The end of a login: erased, asked after once more, and told.

import { loggedOut, notice } from "./page.js";
import { erase, session } from "./source.js";

/** @param {{authorized_on: string, reference: string}} held what was held until now */
export async function eraseAll({ authorized_on: since, reference }) {
  await erase();
  loggedOut();
  // The answer to erasing is what counts; this one is for the visitor to see.
  const left = await session().catch(() => null);
  const when = new Date().toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  notice.show("erased", { since, reference, when });
  if (left?.logged_in !== false) notice.drop("proof");
}

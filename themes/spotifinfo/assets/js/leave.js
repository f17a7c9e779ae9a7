// The end of a login: erased, asked after once more, and told.

import { dayOn, timeOf } from "./dates.js";
import { done, loggedOut, notice } from "./page.js";
import { erase, session } from "./source.js";

/** @param {{authorized_on: string, reference: string}} held what was held until now */
export async function eraseAll({ authorized_on: since, reference }) {
  await done(erase);
  loggedOut();
  // The answer to erasing is what counts; this one is for the visitor to see.
  const left = await session().catch(() => null);
  notice.show("erased", { since: dayOn(since), reference, when: timeOf(new Date()) });
  if (left?.logged_in !== false) notice.drop("proof");
  // What was pressed is gone with the rest.
  notice.focus();
}

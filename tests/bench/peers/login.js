// Logs in at a server that wants to know who is there: `node login.js URL`. Prints its cookies.

import { Browser } from "../../peers/browser.js";
import { approve } from "../../peers/servers/oidc-provider.js";

const [url] = process.argv.slice(2);
const browser = new Browser();
const page = await approve(browser, url);
if (page.status !== 200) throw new Error(`${page.status} at ${page.url}: ${page.text}`);
console.log(browser.cookies(url));

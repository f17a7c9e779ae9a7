// Express behind express-openid-connect's session check: `node express.js PORT ISSUER BODY`.

import express from "express";
import openid from "express-openid-connect";

const [port, issuerBaseURL, body] = process.argv.slice(2);
const app = express();
app.use(openid.auth({
  issuerBaseURL,
  baseURL: `http://127.0.0.1:${port}`,
  clientID: "spotifinfo",
  clientSecret: "benchmark",
  secret: "only for loopback, and for a minute",
  authorizationParams: { response_type: "code", scope: "openid" },
}));
app.all("/api/token", (request, response) => {
  response.type("json").send(body);
});
app.listen(Number(port), "127.0.0.1");

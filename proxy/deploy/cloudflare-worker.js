// The site on Cloudflare Pages, the proxy on a machine of yours: this Worker, on the route
// `www.example.com/api/*`, hands such requests to it. Nothing else passes through.
//
//   npx wrangler deploy --name spotifinfo-api --route 'www.example.com/api/*' \
//       --var PROXY:https://proxy-origin.example.com cloudflare-worker.js
//
// The proxy runs with: --public-origin https://www.example.com
//   --accept-host proxy-origin.example.com --trusted-proxies cloudflare --client-ip-header X-Real-IP
//
// Whoever gets past this Worker can name any address in X-Real-IP, which then pays for their
// requests and stands in the log (no login is weakened by it). There are two ways past it:
//
// - https://proxy-origin.example.com, which Cloudflare serves to everybody. Put Cloudflare Access
//   in front of that name, with a service token as the only policy, and give the token to the
//   Worker: `wrangler secret put ACCESS_ID`, `wrangler secret put ACCESS_SECRET`. Access then turns
//   away all others, also other customers' Workers; it does not see who comes to the machine itself.
// - The machine's own address, which other customers' Workers and zones can connect to, and from
//   Cloudflare's ranges too: a firewall that admits these admits them. Have cloudflared carry the
//   name to the proxy, leave no port open, and give --trusted-proxies 127.0.0.1 in the place of
//   `cloudflare`. A tunnel alone leaves the first way open.

export default {
    async fetch(request, env) {
        const url = new URL(request.url);
        if (!url.pathname.startsWith("/api/")) {
            return new Response("Not found", { status: 404 });
        }
        const target = new URL(url.pathname + url.search, env.PROXY);
        const headers = new Headers(request.headers);
        headers.set("X-Real-IP", request.headers.get("CF-Connecting-IP") ?? "");
        headers.delete("X-Forwarded-For");
        if (env.ACCESS_ID) {
            headers.set("CF-Access-Client-Id", env.ACCESS_ID);
            headers.set("CF-Access-Client-Secret", env.ACCESS_SECRET);
        }
        return fetch(target, {
            method: request.method,
            headers,
            body: request.body,
            // The browser follows the redirects, with the cookies they set.
            redirect: "manual",
            cf: { cacheTtl: 0, cacheEverything: false },
        });
    },
};

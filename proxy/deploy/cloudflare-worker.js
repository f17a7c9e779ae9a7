// The site on Cloudflare Pages, the proxy on a machine of yours: this Worker, on the route
// `www.example.com/api/*`, hands such requests to it. Nothing else passes through.
//
//   npx wrangler deploy --name spotifinfo-api --route 'www.example.com/api/*' \
//       --var PROXY:https://proxy-origin.example.com cloudflare-worker.js
//
// The proxy runs with: --public-origin https://www.example.com
//   --accept-host proxy-origin.example.com --trusted-proxies cloudflare --client-ip-header X-Real-IP
// Cloudflare's ranges are every customer's, so let a firewall or a tunnel admit your zone alone.

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

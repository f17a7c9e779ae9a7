//! A visitor's browser, as far as cookies and Fetch Metadata go.

use fake_spotify::Decision;

use crate::harness::Proxy;
use crate::harness::wire::{Answer, Ask};

#[derive(Debug, Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    strict: bool,
}

/// A browser with its cookies.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    proxy: &'a Proxy,
    cookies: Vec<Cookie>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(proxy: &'a Proxy) -> Self {
        let cookies = Vec::new();
        Self { proxy, cookies }
    }

    /// Follows the site's own login link. Gives where the provider's page is.
    pub(crate) async fn start_login(&mut self, return_to: &str) -> String {
        let target = format!("/api/login?return_to={return_to}");
        let ask = Ask::navigation(&target, "same-origin").cookies(&self.for_api());
        let answer = self.take(self.proxy.send(ask).await);
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.location().to_owned()
    }

    /// Goes to the provider and presses a button. Gives where that sends the visitor.
    pub(crate) fn decide(&self, authorize: &str, decision: Decision) -> String {
        self.proxy.spotify.visit(authorize, decision).unwrap()
    }

    /// Comes back from the provider: another site, so that Strict cookies stay behind.
    pub(crate) async fn come_back(&mut self, callback: &str) -> Answer {
        let ask = Ask::navigation(path_and_query(callback), "cross-site").cookies(&self.across());
        let answer = self.proxy.send(ask).await;
        self.take(answer)
    }

    /// The whole way in. Gives the callback that was used.
    pub(crate) async fn log_in(&mut self) -> String {
        let authorize = self.start_login("/").await;
        let callback = self.decide(&authorize, Decision::Approve);
        let answer = self.come_back(&callback).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_eq!(answer.location(), format!("{}/", crate::harness::ORIGIN));
        callback
    }

    /// `POST /api/token` as the site's script does.
    pub(crate) async fn token(&mut self) -> Answer {
        self.script("POST", "/api/token", None).await
    }

    /// `GET /api/session`.
    pub(crate) async fn session(&mut self) -> Answer {
        self.script("GET", "/api/session", None).await
    }

    /// `DELETE /api/session`.
    pub(crate) async fn log_out(&mut self) -> Answer {
        self.script("DELETE", "/api/session", None).await
    }

    /// `PATCH /api/session`.
    pub(crate) async fn restrict(&mut self, restricted: bool) -> Answer {
        let body = format!("{{\"restricted\":{restricted}}}");
        self.script("PATCH", "/api/session", Some(&body)).await
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|cookie| cookie.name == name);
        found.map(|cookie| cookie.value.as_str())
    }

    /// What is sent with a request of the site to `/api`.
    pub(crate) fn for_api(&self) -> String {
        self.header(|cookie| cookie.path == "/" || cookie.path == "/api")
    }

    /// What is sent when another site leads to `/api`.
    pub(crate) fn across(&self) -> String {
        self.header(|cookie| !cookie.strict)
    }

    async fn script(&mut self, method: &str, target: &str, body: Option<&str>) -> Answer {
        let ask = Ask::script(method, target).cookies(&self.for_api());
        let ask = match body {
            Some(body) => ask.json(body),
            None => ask,
        };
        let answer = self.proxy.send(ask).await;
        self.take(answer)
    }

    fn header(&self, wanted: impl Fn(&Cookie) -> bool) -> String {
        let sent = self.cookies.iter().filter(|cookie| wanted(cookie));
        let pairs: Vec<String> = sent
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        pairs.join("; ")
    }

    /// Keeps the cookies of an answer.
    fn take(&mut self, answer: Answer) -> Answer {
        for text in answer.headers("Set-Cookie") {
            let mut parts = text.split("; ");
            let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap();
            let attributes: Vec<&str> = parts.collect();
            let path = attributes.iter().find_map(|one| one.strip_prefix("Path="));
            self.cookies.retain(|cookie| cookie.name != name);
            if attributes.contains(&"Max-Age=0") {
                continue;
            }
            self.cookies.push(Cookie {
                name: name.to_owned(),
                value: value.to_owned(),
                path: path.expect("a path in every cookie").to_owned(),
                strict: attributes.contains(&"SameSite=Strict"),
            });
        }
        answer
    }
}

/// The part of an address behind the origin.
pub(crate) fn path_and_query(url: &str) -> &str {
    let at = url.find("/api/").expect("an address of the proxy");
    &url[at..]
}

//! accounts.spotify.com: the page that asks the visitor, and the token endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header::{CACHE_CONTROL, HeaderName, WWW_AUTHENTICATE};
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::grant::{Approval, Issued};
use crate::message::{Reply, Request, json_reply, redirect, reply, set, token_error};
use crate::settings::SCOPES;
use crate::world::World;

/// Whether visitors may be sent back to `uri`: HTTPS, or HTTP on a loopback address with a port.
pub(crate) fn may_redirect_to(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else {
        return false;
    };
    match url.scheme() {
        "https" => url.fragment().is_none(),
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "[::1]")) && url.port().is_some(),
        _ => false,
    }
}

/// `GET /authorize`: asks, or sends back at once who has approved as much before.
pub(crate) fn authorize(request: &Request, world: &mut World) -> Reply {
    let asked = match Asked::read(&request.query, world) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.reply(),
    };
    let known = world.approved.as_ref().is_some_and(|approved| {
        world.settings.knobs.remember_approval
            && asked.scopes.iter().all(|scope| approved.contains(scope))
    });
    if known && !asked.show_dialog {
        return asked.approve(302, world);
    }
    page(200, &asking(&request.query, &asked.scopes))
}

/// `POST /authorize/decision`: the visitor has pressed a button.
pub(crate) fn decide(request: &Request, world: &mut World) -> Reply {
    let asked = match Asked::read(&request.field("request").unwrap_or_default(), world) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.reply(),
    };
    match request.field("decision").as_deref() {
        Some("approve") => asked.approve(303, world),
        Some("refuse") => asked.send_back(303, world, &[("error", "access_denied")]),
        _ => page(400, "<h1>Neither approved nor refused</h1>"),
    }
}

/// `POST /api/token`.
pub(crate) fn token(request: &Request, world: &mut World) -> Reply {
    let form = request.header("content-type").unwrap_or_default();
    if !form.starts_with("application/x-www-form-urlencoded") {
        return token_error("invalid_request", "Content-Type must be a form");
    }
    if let Err(description) = authenticate(request, world) {
        let mut reply = token_error("invalid_client", description);
        set(&mut reply, WWW_AUTHENTICATE, "Basic realm=\"accounts\"");
        return reply;
    }
    let issued = match request.field("grant_type").as_deref() {
        Some("authorization_code") => redeem(request, world),
        Some("refresh_token") => refresh(request, world),
        _ => Err((
            "unsupported_grant_type",
            "grant_type must be client_credentials, authorization_code or refresh_token",
        )),
    };
    match issued {
        Ok(issued) => hand_out(&issued, world),
        Err((error, description)) => token_error(error, description),
    }
}

type Denied = (&'static str, &'static str);

fn redeem(request: &Request, world: &mut World) -> Result<Issued, Denied> {
    let missing = |what| move || ("invalid_request", what);
    let code = request.field("code");
    let code = code.ok_or_else(missing("code must be supplied"))?;
    let uri = request.field("redirect_uri");
    let uri = uri.ok_or_else(missing("redirect_uri must be supplied"))?;
    let verifier = request.field("code_verifier");
    let (now, knobs) = (world.now(), &world.settings.knobs);
    let lifetimes = (knobs.code_lifetime, knobs.token_lifetime);
    let issued = world
        .grants
        .redeem(&code, &uri, verifier.as_deref(), now, lifetimes);
    issued.map_err(|description| ("invalid_grant", description))
}

fn refresh(request: &Request, world: &mut World) -> Result<Issued, Denied> {
    let Some(token) = request.field("refresh_token") else {
        return Err(("invalid_request", "refresh_token must be supplied"));
    };
    let (now, knobs) = (world.now(), &world.settings.knobs);
    let issued = world
        .grants
        .refresh(&token, knobs.rotate, now, knobs.token_lifetime);
    issued.map_err(|description| ("invalid_grant", description))
}

fn hand_out(issued: &Issued, world: &World) -> Reply {
    let mut body = json!({
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": world.settings.knobs.token_lifetime,
        "scope": issued.scopes.join(" "),
    });
    if let Some(refresh) = &issued.refresh {
        body["refresh_token"] = json!(refresh);
    }
    let mut reply = json_reply(200, &body);
    set(&mut reply, CACHE_CONTROL, "no-store");
    reply
}

/// HTTP Basic, as RFC 6749 §2.3.1 has it: id and secret, each form-encoded.
fn authenticate(request: &Request, world: &World) -> Result<(), &'static str> {
    let header = request.header("authorization").unwrap_or_default();
    let encoded = header.strip_prefix("Basic ").ok_or("Invalid client")?;
    let decoded = STANDARD.decode(encoded).map_err(|_| "Invalid client")?;
    let text = String::from_utf8(decoded).map_err(|_| "Invalid client")?;
    let (id, secret) = text.split_once(':').ok_or("Invalid client")?;
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    if id != encode(&world.settings.client_id) {
        return Err("Invalid client");
    }
    if secret != encode(&world.settings.client_secret) {
        return Err("Invalid client secret");
    }
    Ok(())
}

/// A request for authorization whose client and redirect URI are right.
struct Asked {
    redirect_uri: String,
    state: Option<String>,
    scopes: Vec<String>,
    challenge: Option<String>,
    show_dialog: bool,
}

/// Why a request for authorization is not even put to the visitor.
enum Refusal {
    /// Shown here, since there is no trusted place to send the visitor to.
    Page(&'static str),
    /// Told to the client.
    Back(String),
}

impl Refusal {
    fn reply(self) -> Reply {
        match self {
            Self::Page(message) => page(400, message),
            Self::Back(location) => redirect(302, &location),
        }
    }
}

impl Asked {
    fn read(query: &str, world: &World) -> Result<Self, Refusal> {
        let get = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
        };
        if get("client_id").as_ref() != Some(&world.settings.client_id) {
            return Err(Refusal::Page("INVALID_CLIENT: Invalid client"));
        }
        let redirect_uri = get("redirect_uri").unwrap_or_default();
        if !world.settings.redirect_uris.contains(&redirect_uri) {
            return Err(Refusal::Page("INVALID_CLIENT: Invalid redirect URI"));
        }
        let scopes = get("scope").unwrap_or_default();
        let asked = Self {
            redirect_uri,
            state: get("state"),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            challenge: get("code_challenge"),
            show_dialog: get("show_dialog").as_deref() == Some("true"),
        };
        if get("response_type").as_deref() != Some("code") {
            return Err(asked.refuse("unsupported_response_type", world));
        }
        if asked.challenge.is_some() && get("code_challenge_method").as_deref() != Some("S256") {
            return Err(asked.refuse("invalid_request", world));
        }
        if asked
            .scopes
            .iter()
            .any(|scope| !SCOPES.contains(&scope.as_str()))
        {
            return Err(asked.refuse("invalid_scope", world));
        }
        Ok(asked)
    }

    fn refuse(&self, error: &str, world: &World) -> Refusal {
        Refusal::Back(self.location(world, &[("error", error)]))
    }

    fn approve(&self, status: u16, world: &mut World) -> Reply {
        let scopes = match &world.settings.knobs.granted_scopes {
            Some(granted) => granted.split_whitespace().map(str::to_owned).collect(),
            None => self.scopes.clone(),
        };
        world.approved = Some(self.scopes.clone());
        let at = world.now();
        let approval = Approval { scopes, at };
        let challenge = self.challenge.as_deref();
        let code = world.grants.code(approval, &self.redirect_uri, challenge);
        self.send_back(status, world, &[("code", &code)])
    }

    fn send_back(&self, status: u16, world: &World, pairs: &[(&str, &str)]) -> Reply {
        redirect(status, &self.location(world, pairs))
    }

    fn location(&self, world: &World, pairs: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        if let Some(issuer) = &world.settings.knobs.issuer {
            query.append_pair("iss", issuer);
        }
        let joint = if self.redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        format!("{}{joint}{}", self.redirect_uri, query.finish())
    }
}

fn asking(query: &str, scopes: &[String]) -> String {
    let scopes: String = scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>", escape(scope)))
        .collect();
    format!(
        "<h1>A stand-in for Spotify</h1>\
         <p>The site you come from would like to read:</p><ul>{scopes}</ul>\
         <form method=\"post\" action=\"/authorize/decision\">\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\
         <button name=\"decision\" value=\"approve\" id=\"approve\">Approve</button> \
         <button name=\"decision\" value=\"refuse\" id=\"refuse\">Refuse</button></form>\
         <p>No account is involved: everyone is the same invented listener.</p>",
        escape(query)
    )
}

fn page(status: u16, body: &str) -> Reply {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>A stand-in for Spotify</title>\
         <style>body{{font:1.1rem/1.5 sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}}\
         button{{font:inherit;padding:.5em 1.2em}}</style><main>{body}</main></html>"
    );
    let mut reply = reply(status, "text/html; charset=utf-8", page);
    set(&mut reply, CACHE_CONTROL, "no-store");
    set(
        &mut reply,
        HeaderName::from_static("x-frame-options"),
        "DENY",
    );
    reply
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// Whether the request is one of those answered here; the method is checked by the caller.
pub(crate) fn is_authorize(method: &Method, path: &str) -> bool {
    matches!(
        (method.as_str(), path),
        ("GET", "/authorize") | ("POST", "/authorize/decision")
    )
}

#[cfg(test)]
mod tests {
    use super::may_redirect_to;

    #[test]
    fn visitors_are_sent_back_to_https_and_loopback_alone() {
        for (uri, may) in [
            ("https://site.example/api/callback", true),
            ("http://127.0.0.1:4000/api/callback", true),
            ("http://[::1]:4000/api/callback", true),
            ("http://127.0.0.1/api/callback", false),
            ("http://localhost:4000/api/callback", false),
            ("http://site.example/api/callback", false),
            ("javascript:alert(1)", false),
            ("/api/callback", false),
        ] {
            assert_eq!(may_redirect_to(uri), may, "{uri}");
        }
    }
}

//! The site as it is now, and the messages to open pages when it changes.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::watch;

use super::{Body, Snapshot, respond};
use crate::diag::Diagnostic;

/// The path below which the development server has files of its own.
pub(super) const PREFIX: &str = "/__spotifinfo/";

const SCRIPT: &str = include_str!("reload.js");
const SCRIPT_TAG: &str = "<script src=\"/__spotifinfo/reload.js\" defer></script>";

/// The site as it is now. A new build can replace it at any time.
#[derive(Debug, Default)]
pub struct LiveSite {
    snapshot: RwLock<Arc<Snapshot>>,
    live: Option<Live>,
}

/// Sends messages to open pages.
#[derive(Debug)]
pub struct Live {
    /// The last message, as a server-sent event.
    last: watch::Sender<String>,
}

impl LiveSite {
    /// A site that never changes.
    #[must_use]
    pub fn fixed(snapshot: Snapshot) -> Self {
        Self {
            snapshot: RwLock::new(Arc::new(snapshot)),
            live: None,
        }
    }

    /// A site whose open pages are told about changes.
    #[must_use]
    pub fn watched(snapshot: Snapshot) -> Self {
        let live = Live {
            last: watch::Sender::new(String::new()),
        };
        Self {
            snapshot: RwLock::new(Arc::new(snapshot)),
            live: Some(live),
        }
    }

    /// Replaces the site by a new build. Open pages reload, or only replace their style sheets if
    /// nothing else has changed. Returns how many files differ.
    pub fn replace(&self, snapshot: Snapshot) -> usize {
        let snapshot = Arc::new(snapshot);
        let mut now = self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *now, Arc::clone(&snapshot));
        drop(now);
        let differing = snapshot.differing(&before);
        if let Some(live) = &self.live
            && (!differing.is_empty() || live.shows_what_is_broken())
        {
            live.tell("reload", "");
        }
        differing.len()
    }

    /// Shows the mistakes of a failed build in the open pages.
    pub fn broken(&self, diagnostics: &[Diagnostic]) {
        if let Some(live) = &self.live {
            let text: String = diagnostics
                .iter()
                .map(|diagnostic| diagnostic.to_terminal(false) + "\n")
                .collect();
            live.tell("broken", &text);
        }
    }

    pub(super) fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }
}

impl Live {
    fn tell(&self, event: &str, data: &str) {
        let mut message = format!("event: {event}\n");
        for line in data.split('\n') {
            let _ = writeln!(message, "data: {line}");
        }
        message.push('\n');
        self.last.send_replace(message);
    }

    fn shows_what_is_broken(&self) -> bool {
        self.last.borrow().starts_with("event: broken\n")
    }

    pub(super) fn answer(&self, path: &str) -> Response<Body> {
        match path.strip_prefix(PREFIX) {
            Some("reload.js") => {
                let body = respond::full(Bytes::from_static(SCRIPT.as_bytes()));
                typed(body, "text/javascript; charset=utf-8")
            }
            Some("events") => typed(self.events(), "text/event-stream"),
            _ => respond::text(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    /// Server-sent events (WHATWG HTML, 9.2): everything from now on, and the mistakes of the last
    /// build if it failed.
    fn events(&self) -> Body {
        let mut messages = self.last.subscribe();
        let last = messages.borrow_and_update().clone();
        let first = if self.shows_what_is_broken() {
            last
        } else {
            ": hello\n\n".to_owned()
        };
        let stream = futures_util::stream::unfold(
            (Some(first), messages),
            |(first, mut messages)| async move {
                let message = match first {
                    Some(first) => first,
                    None => {
                        messages.changed().await.ok()?;
                        messages.borrow_and_update().clone()
                    }
                };
                Some((Ok(Frame::data(Bytes::from(message))), (None, messages)))
            },
        );
        BodyExt::boxed(StreamBody::new(stream))
    }
}

fn typed(body: Body, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Adds the reloading script to a page, and allows it in the page's Content-Security-Policy.
pub(super) fn enliven(response: Response<Bytes>) -> Response<Bytes> {
    let is_html = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let (mut parts, body) = response.into_parts();
    parts
        .headers
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = parts
        .headers
        .get(CONTENT_SECURITY_POLICY)
        .and_then(|value| value.to_str().ok());
    if let Some(policy) = policy.map(loosened)
        && let Ok(value) = HeaderValue::from_str(&policy)
    {
        parts.headers.insert(CONTENT_SECURITY_POLICY, value);
    }
    let body = if is_html {
        Bytes::from(with_script(&String::from_utf8_lossy(&body)))
    } else {
        body
    };
    Response::from_parts(parts, body)
}

fn with_script(html: &str) -> String {
    let html = loosened_meta(html);
    match html.find("</head>") {
        Some(at) => format!("{}{SCRIPT_TAG}{}", &html[..at], &html[at..]),
        None => html + SCRIPT_TAG,
    }
}

/// `html` with the policy in its `<meta>` loosened like the header.
fn loosened_meta(html: &str) -> String {
    let start = html
        .find("http-equiv=\"Content-Security-Policy\"")
        .and_then(|at| Some(at + html[at..].find("content=\"")? + "content=\"".len()));
    let Some(start) = start else {
        return html.to_owned();
    };
    let end = start + html[start..].find('"').unwrap_or_default();
    format!(
        "{}{}{}",
        &html[..start],
        loosened(&html[start..end]),
        &html[end..]
    )
}

/// `policy`, extended to allow scripts and connections of this origin.
fn loosened(policy: &str) -> String {
    let quoted = if policy.contains("&#39;") {
        "&#39;self&#39;"
    } else {
        "'self'"
    };
    let mut directives: Vec<String> = policy
        .split(';')
        .map(|part| part.trim().to_owned())
        .collect();
    for wanted in ["script-src", "connect-src"] {
        let found = directives
            .iter_mut()
            .find(|directive| directive.split(' ').next() == Some(wanted));
        match found {
            Some(directive) if directive.contains("self") => {}
            Some(directive) => {
                *directive = format!("{} {quoted}", directive.replace(" 'none'", ""))
            }
            None => directives.push(format!("{wanted} {quoted}")),
        }
    }
    directives.retain(|directive| !directive.is_empty());
    directives.join("; ")
}

#[cfg(test)]
mod tests {
    use super::{loosened, with_script};

    #[test]
    fn the_policy_lets_the_reloading_script_through() {
        assert_eq!(
            loosened("default-src 'none'; script-src 'sha256-x'"),
            "default-src 'none'; script-src 'sha256-x' 'self'; connect-src 'self'"
        );
        assert_eq!(
            loosened("connect-src 'none'; script-src 'self'"),
            "connect-src 'self'; script-src 'self'"
        );
    }

    #[test]
    fn pages_get_the_script_wherever_their_head_ends() {
        assert!(with_script("<head></head><p>").contains("defer></script></head>"));
        assert!(with_script("<p>x").ends_with("</script>"));
    }
}

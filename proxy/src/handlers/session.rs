//! `/api/session`: shows what is stored about a session, restricts it, ends it.

use std::net::IpAddr;

use hyper::body::Incoming;
use hyper::header::{CONTENT_DISPOSITION, HeaderValue, SET_COOKIE};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use super::{App, Call, body, empty};
use crate::cookie::Presented;
use crate::cookie::id::IdHash;
use crate::error::{self, Answer, Error};
use crate::store::Session;

impl App {
    /// Shows what is stored, or that nothing is.
    pub(super) async fn show_session(&self, call: Call) -> Result<Answer, Error> {
        let query = call.request.uri().query().unwrap_or_default();
        let downloads =
            url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "download");
        let mut answer = match &call.session {
            Ok(presented) => self.held(presented, call.client).await?,
            Err(refusal) => self.nothing(refusal.clears()),
        };
        if downloads {
            let file = HeaderValue::from_static("attachment; filename=\"session.json\"");
            answer.headers_mut().insert(CONTENT_DISPOSITION, file);
        }
        Ok(answer)
    }

    async fn held(&self, presented: &Presented, client: IpAddr) -> Result<Answer, Error> {
        let id = presented.id.hash();
        let session = match self.store.get(id).await? {
            None => {
                self.tokens.forget(&id);
                self.count_as_stranger(client)?;
                return Ok(self.nothing(true));
            }
            Some(session) if session.expired => return Ok(self.nothing(false)),
            Some(session) => session,
        };
        self.store.touch(id).await?;
        let mut answer = self.shown(id, &session);
        if presented.reissue {
            let cookie = self.cookies.set_session(&presented.id);
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(answer)
    }

    fn nothing(&self, clears: bool) -> Answer {
        let mut answer = error::json(StatusCode::OK, "{\"logged_in\":false}");
        if clears {
            answer
                .headers_mut()
                .append(SET_COOKIE, self.cookies.clear_session());
        }
        answer
    }

    fn shown(&self, id: IdHash, session: &Session) -> Answer {
        let body = json!({
            "logged_in": true,
            "provider": self.provider.name(),
            "scopes": session.scopes.split_ascii_whitespace().collect::<Vec<_>>(),
            "authorized_on": session.authorized_on.to_string(),
            // This request is its last use.
            "last_used_on": self.clock.today().to_string(),
            "expires_on": session.expires_on.to_string(),
            "restricted": session.restricted,
            "reference": id.reference().to_string(),
        });
        error::json(StatusCode::OK, body.to_string())
    }

    /// Logs out and erases: row, memory, cookie. A second time it succeeds, too.
    pub(super) async fn end_session(&self, call: Call) -> Result<Answer, Error> {
        let id = call.session?.id.hash();
        if !self.tokens.erase(id).await? {
            self.count_as_stranger(call.client)?;
        }
        let mut answer = empty(StatusCode::NO_CONTENT);
        answer
            .headers_mut()
            .append(SET_COOKIE, self.cookies.clear_session());
        Ok(answer)
    }
}

/// Restricts the session or lifts the restriction.
pub(super) async fn restrict(
    app: &App,
    presented: &Presented,
    request: Request<Incoming>,
) -> Result<Answer, Error> {
    let fields = body::json(request).await?;
    let Some(Value::Bool(restricted)) = fields.get("restricted") else {
        return Err(Error::BadRequest(
            "Send {'restricted': true} or {'restricted': false}.",
        ));
    };
    let id = presented.id.hash();
    if app.tokens.restrict(id, *restricted).await?.is_none() {
        return Err(Error::SessionGone);
    }
    app.store.touch(id).await?;
    match app.store.get(id).await? {
        Some(session) => Ok(app.shown(id, &session)),
        None => Err(Error::SessionGone),
    }
}

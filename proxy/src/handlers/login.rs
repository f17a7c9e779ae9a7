//! `GET /api/login`: sends the browser to the provider.

use hyper::header::SET_COOKIE;

use super::return_path::checked;
use super::{App, Call, redirect};
use crate::error::{Answer, Error};
use crate::guard::LoginStart;

impl App {
    /// Starts a login, if a visitor asked for it. Stores nothing.
    pub(super) fn login(&self, call: &Call) -> Result<Answer, Error> {
        match self.guard.login_start(call.request.headers()) {
            LoginStart::Allowed => self.begin(call),
            LoginStart::Home => self.to_site("/"),
            LoginStart::Prefetch => Err(Error::Prefetch),
            LoginStart::Refused => Err(Error::Forbidden),
        }
    }

    fn begin(&self, call: &Call) -> Result<Answer, Error> {
        let wanted = return_to(call.request.uri().query().unwrap_or_default());
        let previous = call
            .session
            .as_ref()
            .ok()
            .map(|presented| presented.id.hash());
        let begun = self
            .cookies
            .begin(call.request.headers(), checked(&wanted), previous);
        let (attempt, cookie) = begun.map_err(|error| {
            tracing::error!(%error, "a login could not be started");
            Error::Internal
        })?;
        let mut answer = redirect(self.provider.authorize_url(&attempt).as_str())?;
        answer.headers_mut().append(SET_COOKIE, cookie);
        Ok(answer)
    }
}

/// The parameter `return_to`; empty if it is missing or repeated.
fn return_to(query: &str) -> String {
    let mut found = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "return_to")
        .map(|(_, value)| value.into_owned());
    match (found.next(), found.next()) {
        (Some(path), None) => path,
        _ => String::new(),
    }
}

//! `GET /api/callback`: the provider sends the browser back. Everything is checked before the
//! code is redeemed. An attempt has one use, whatever comes of it: it is spent before anything
//! else is, so that who comes with the same one again uses nothing up.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header::SET_COOKIE;

use super::return_path::checked;
use super::{App, Call};
use crate::cookie::login::{Attempt, AttemptRefusal};
use crate::error::{Answer, Error};
use crate::guard::{is_document, is_prefetch};
use crate::provider::{Failure, Grant};
use crate::secret::Secret;
use crate::store::NewSession;

/// How a visitor's own attempt can fail, as the site is told.
#[derive(Debug, Clone, Copy)]
enum Failed {
    /// The visitor refused.
    Denied,
    /// It took over ten minutes, or we were started anew meanwhile.
    Expired,
    /// Anything else.
    Other,
}

/// What the provider sent along, each at most once.
#[derive(Debug, Default)]
struct Parameters {
    code: Option<Secret>,
    state: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

impl App {
    pub(super) async fn callback(self: &Arc<Self>, call: &Call) -> Answer {
        let headers = call.request.headers();
        if is_prefetch(headers) {
            return Error::Prefetch.response();
        }
        let parameters = match Parameters::read(call.request.uri().query().unwrap_or_default()) {
            Ok(parameters) => parameters,
            Err(error) => return error.response(),
        };
        let Some(state) = &parameters.state else {
            return Error::BadRequest("There is no state.").response();
        };
        if self
            .provider
            .issuer()
            .is_some_and(|issuer| parameters.issuer.as_deref() != Some(issuer))
        {
            return Error::BadRequest("The answer is not from the provider.").response();
        }
        match self.cookies.attempt(headers, state) {
            Ok(attempt) => self.finish(attempt, parameters, call.client).await,
            Err(AttemptRefusal::Absent) if is_document(headers) => self.failed(Failed::Other, None),
            Err(AttemptRefusal::Late(attempt)) => self.failed(Failed::Expired, Some(&attempt)),
            Err(AttemptRefusal::Absent | AttemptRefusal::Mismatch) => {
                Error::BadRequest("No login with this state was started here.").response()
            }
        }
    }

    async fn finish(
        self: &Arc<Self>,
        attempt: Attempt,
        parameters: Parameters,
        client: IpAddr,
    ) -> Answer {
        match self.store.claim(attempt.session_id().hash()).await {
            Ok(true) => {}
            Ok(false) => return Error::BadRequest("This login was finished before.").response(),
            Err(error) => return Error::from(error).response(),
        }
        let Some(code) = parameters.code else {
            let denied = parameters.error.as_deref() == Some("access_denied");
            let why = if denied {
                Failed::Denied
            } else {
                Failed::Other
            };
            return self.failed(why, Some(&attempt));
        };
        if !self.cookies.began_in_this_run(&attempt) {
            // What was claimed before the start is not known any more.
            return self.failed(Failed::Expired, Some(&attempt));
        }
        if !self.exchanges.admit(client, self.clock.monotonic()) {
            tracing::warn!("a code was not redeemed: too many of them came");
            return self.failed(Failed::Other, Some(&attempt));
        }
        let app = Arc::clone(self);
        let redeeming = async move { app.redeem(&code, &attempt, client).await };
        match self.tasks.spawn(redeeming) {
            Some(task) => task.await.unwrap_or_else(|_| Error::Internal.response()),
            None => Error::StoreUnavailable.response(),
        }
    }

    /// Goes on also where the browser leaves: a code that was redeemed becomes a session.
    async fn redeem(&self, code: &Secret, attempt: &Attempt, client: IpAddr) -> Answer {
        match self.provider.exchange(code, attempt).await {
            Ok(grant) => {
                self.exchanges.redeemed(client);
                self.admit_visitor(attempt, grant).await
            }
            Err(failure) => {
                if let Failure::RateLimited(wish) = &failure {
                    self.exchanges.rate_limited(self.clock.monotonic(), *wish);
                }
                tracing::warn!(%failure, "a code could not be redeemed");
                self.failed(Failed::Other, Some(attempt))
            }
        }
    }

    /// Commits the session, then lets the browser have it.
    async fn admit_visitor(&self, attempt: &Attempt, grant: Grant) -> Answer {
        let (scopes, is_enough) = self.provider.scopes(grant.scopes.as_deref());
        if !is_enough {
            return self.failed(Failed::Denied, Some(attempt));
        }
        let Some(refresh_token) = grant.refresh_token.clone() else {
            tracing::warn!("the provider granted no refresh token");
            return self.failed(Failed::Other, Some(attempt));
        };
        let session = attempt.session_id();
        let inserted = self.store.insert(NewSession {
            id: session.hash(),
            refresh_token,
            scopes,
            replaces: attempt.previous,
        });
        if let Err(error) = inserted.await {
            return Error::from(error).response();
        }
        match &attempt.previous {
            // A restriction carries over: whether the token may be used is for the row to say.
            Some(previous) => self.tokens.forget(previous),
            None => self.tokens.insert(session.hash(), &grant),
        }
        let mut answer = self.to_site(checked(&attempt.return_to));
        let headers = answer.headers_mut();
        headers.append(SET_COOKIE, self.cookies.set_session(&session));
        headers.append(SET_COOKIE, self.cookies.clear_attempt(attempt));
        answer
    }

    /// Back to the site, which has words for it; nothing of the provider's text goes along.
    fn failed(&self, why: Failed, attempt: Option<&Attempt>) -> Answer {
        let mut answer = self.to_site(match why {
            Failed::Denied => "/?login=denied",
            Failed::Expired => "/?login=expired",
            Failed::Other => "/?login=failed",
        });
        if let Some(attempt) = attempt {
            let cookie = self.cookies.clear_attempt(attempt);
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }
}

impl Parameters {
    fn read(query: &str) -> Result<Self, Error> {
        let mut read = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            let repeated = match &*name {
                "code" => read.code.replace(Secret::new(value)).is_some(),
                "state" => read.state.replace(value).is_some(),
                "error" => read.error.replace(value).is_some(),
                "iss" => read.issuer.replace(value).is_some(),
                _ => false,
            };
            if repeated {
                return Err(Error::BadRequest("A parameter is there twice."));
            }
        }
        if read.code.is_some() == read.error.is_some() {
            return Err(Error::BadRequest("There has to be a code or an error."));
        }
        Ok(read)
    }
}

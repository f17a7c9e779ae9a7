//! `GET /api/callback`: the provider sends the browser back. Everything is checked before the
//! code is redeemed. An attempt can be used once, whatever comes of it. It is spent first, so that
//! whoever presents it again takes nothing from any budget.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::header::SET_COOKIE;

use super::return_path::checked;
use super::{App, Call};
use crate::cookie::id::IdHash;
use crate::cookie::login::{Attempt, AttemptRefusal};
use crate::error::{Answer, Error};
use crate::guard::{is_document, is_prefetch};
use crate::provider::{Failure, Grant};
use crate::secret::Secret;
use crate::store::NewSession;

/// Why a visitor's own login came to nothing, as the site is told.
#[derive(Debug, Clone, Copy)]
enum Failed {
    /// The visitor refused.
    Denied,
    /// It took over ten minutes, or the proxy was restarted meanwhile.
    Expired,
    /// Anything else.
    Other,
}

/// A login whose code is being redeemed, and what it takes the place of in its browser, which
/// keeps one session: what another login has brought meanwhile would be lost there and kept here.
struct Login {
    attempt: Attempt,
    client: IpAddr,
    replaces: Vec<IdHash>,
    rivals: Vec<Attempt>,
}

/// The parameters of the provider's answer, each at most once.
#[derive(Debug, Default)]
struct Parameters {
    code: Option<Secret>,
    state: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

impl App {
    pub(super) async fn callback(self: &Arc<Self>, call: &Call) -> Result<Answer, Error> {
        let headers = call.request.headers();
        if is_prefetch(headers) {
            return Err(Error::Prefetch);
        }
        let parameters = Parameters::read(call.request.uri().query().unwrap_or_default())?;
        let Some(state) = &parameters.state else {
            return Err(Error::BadRequest("There is no state."));
        };
        if self
            .provider
            .issuer()
            .is_some_and(|issuer| parameters.issuer.as_deref() != Some(issuer))
        {
            return Err(Error::BadRequest("The answer is not from the provider."));
        }
        match self.cookies.attempt(headers, state) {
            Ok(attempt) => self.finish(attempt, parameters, call).await,
            Err(AttemptRefusal::Absent) if is_document(headers) => self.failed(Failed::Other, None),
            Err(AttemptRefusal::Late(attempt)) => self.failed(Failed::Expired, Some(&attempt)),
            Err(AttemptRefusal::Absent | AttemptRefusal::Mismatch) => Err(Error::BadRequest(
                "No login with this state was started here.",
            )),
        }
    }

    async fn finish(
        self: &Arc<Self>,
        attempt: Attempt,
        parameters: Parameters,
        call: &Call,
    ) -> Result<Answer, Error> {
        if !self.store.claim(attempt.session_id().hash()).await? {
            return Err(Error::BadRequest("This login was finished before."));
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
            // Which attempts were used before the restart is not known any more.
            return self.failed(Failed::Expired, Some(&attempt));
        }
        if !self.exchanges.admit(call.client, self.clock.monotonic()) {
            tracing::warn!("a code was not redeemed: too many of them came");
            return self.failed(Failed::Other, Some(&attempt));
        }
        let (app, login) = (Arc::clone(self), self.login_of(call, attempt));
        let redeeming = async move { app.redeem(&code, login).await };
        let task = self.tasks.spawn(redeeming).ok_or(Error::StoreUnavailable)?;
        task.await.map_err(|_| Error::Internal)?
    }

    fn login_of(&self, call: &Call, attempt: Attempt) -> Login {
        let rivals = self.cookies.rivals(call.request.headers(), &attempt);
        let presented = call.session.as_ref().ok();
        let of_attempts = rivals.iter().filter_map(|rival| rival.previous);
        let replaces = attempt.previous.into_iter().chain(of_attempts);
        Login {
            replaces: replaces
                .chain(presented.map(|presented| presented.id.hash()))
                .collect(),
            client: call.client,
            attempt,
            rivals,
        }
    }

    /// Goes on when the browser leaves: a code that was redeemed becomes a session.
    async fn redeem(&self, code: &Secret, login: Login) -> Result<Answer, Error> {
        match self.provider.exchange(code, &login.attempt).await {
            Ok(grant) => {
                self.exchanges.redeemed(login.client);
                self.admit_visitor(login, grant).await
            }
            Err(failure) => {
                if let Failure::RateLimited(wish) = &failure {
                    self.exchanges.rate_limited(self.clock.monotonic(), *wish);
                }
                tracing::warn!(%failure, "a code could not be redeemed");
                self.failed(Failed::Other, Some(&login.attempt))
            }
        }
    }

    /// Writes the session to the database, then gives its cookie to the browser.
    async fn admit_visitor(&self, login: Login, grant: Grant) -> Result<Answer, Error> {
        let attempt = &login.attempt;
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
            replaces: login.replaces.clone(),
        });
        inserted.await?;
        if login.replaces.is_empty() {
            self.tokens.insert(session.hash(), &grant);
        }
        // A restriction carries over: whether the token may be used is for the row to say.
        for replaced in &login.replaces {
            self.tokens.forget(replaced);
        }
        let mut answer = self.to_site(checked(&attempt.return_to))?;
        let headers = answer.headers_mut();
        headers.append(SET_COOKIE, self.cookies.set_session(&session));
        headers.append(SET_COOKIE, self.cookies.clear_attempt(attempt));
        for rival in login.rivals {
            if let Ok(cookie) = self.cookies.begin_over(rival, session.hash()) {
                headers.append(SET_COOKIE, cookie);
            }
        }
        Ok(answer)
    }

    /// Sends the visitor to the page of the site that explains what went wrong. Nothing that the
    /// provider wrote goes along.
    fn failed(&self, why: Failed, attempt: Option<&Attempt>) -> Result<Answer, Error> {
        let mut answer = self.to_site(match why {
            Failed::Denied => "/?login=denied",
            Failed::Expired => "/?login=expired",
            Failed::Other => "/?login=failed",
        })?;
        if let Some(attempt) = attempt {
            let cookie = self.cookies.clear_attempt(attempt);
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(answer)
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
                return Err(Error::BadRequest("A parameter is repeated."));
            }
        }
        if read.code.is_some() == read.error.is_some() {
            return Err(Error::BadRequest("Send a code or an error, and not both."));
        }
        Ok(read)
    }
}

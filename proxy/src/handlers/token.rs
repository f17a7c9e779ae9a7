//! `POST /api/token`: an access token, from memory or from a refresh.

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde_json::Value;

use super::App;
use super::body::{self, Fields};
use crate::captcha::{Captcha, Verdict};
use crate::cookie::Presented;
use crate::cookie::id::IdHash;
use crate::error::{Answer, Error, json};
use crate::tokens::{Access, TokenError};

pub(super) async fn answer(
    app: &App,
    presented: &Presented,
    request: Request<Incoming>,
) -> Result<Answer, Error> {
    let fields = body::form_or_json(request).await?;
    let id = presented.id.hash();
    if let Some(remembered) = app.tokens.recall(&id) {
        if remembered.is_first_today
            && let Err(error) = Box::pin(app.store.touch(id)).await
        {
            app.tokens.unsee(&id);
            return Err(error.into());
        }
        return Ok(granted(&remembered.access));
    }
    Box::pin(refreshed(app, id, &fields)).await
}

/// Gets a token from a refresh, after the robot check if there is one.
async fn refreshed(app: &App, id: IdHash, fields: &Fields) -> Result<Answer, Error> {
    if let Some(captcha) = &app.captcha {
        is_usable(app, id).await?;
        check(captcha, fields).await?;
    }
    app.tokens
        .get(id)
        .await
        .map(|access| granted(&access))
        .map_err(refusal)
}

/// Comes before the robot check, which would be useless for a session that cannot be used.
async fn is_usable(app: &App, id: IdHash) -> Result<(), Error> {
    match app.store.get(id).await? {
        None => Err(Error::SessionGone),
        Some(session) if session.expired => Err(Error::LoginRequired),
        Some(session) if session.restricted => Err(Error::SessionRestricted),
        Some(_) => Ok(()),
    }
}

async fn check(captcha: &Captcha, fields: &Fields) -> Result<(), Error> {
    let Some(Value::String(token)) = fields.get("recaptcha_token") else {
        return Err(Error::CaptchaRequired);
    };
    match captcha.verify(token).await {
        Verdict::Human => Ok(()),
        Verdict::Robot => Err(Error::CaptchaFailed),
        Verdict::Unknown(wait) => Err(Error::ProviderUnavailable(wait)),
    }
}

/// Needs no escaping: `provider::answer` takes only tokens of printable ASCII without quotation
/// marks and backslashes.
fn granted(access: &Access) -> Answer {
    let body = format!(
        "{{\"access_token\":\"{}\",\"token_type\":\"Bearer\",\"expires_in\":{}}}",
        access.token.expose(),
        access.expires_in.as_secs()
    );
    json(StatusCode::OK, body)
}

fn refusal(error: TokenError) -> Error {
    match error {
        TokenError::Gone => Error::SessionGone,
        TokenError::Unusable => Error::LoginRequired,
        TokenError::Restricted => Error::SessionRestricted,
        TokenError::Unavailable(wait) => Error::ProviderUnavailable(wait),
        TokenError::Broken => Error::ProviderError,
        TokenError::Store => Error::StoreUnavailable,
    }
}

//! Codes, access tokens and refresh tokens: who may do what, and until when.
//!
//! Times are milliseconds since 1970, handed in. A refresh token dies six months after the
//! visitor approved, however often it was used or replaced.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

const SIX_MONTHS: u64 = 183 * 24 * 3600 * 1000;

/// What a visitor approved.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) scopes: Vec<String>,
    pub(crate) at: u64,
}

/// A code that can be redeemed once.
#[derive(Debug)]
struct Code {
    approval: Approval,
    redirect_uri: String,
    challenge: Option<String>,
}

#[derive(Debug)]
struct Access {
    scopes: Vec<String>,
    until: u64,
}

/// What the token endpoint hands out.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// What is in circulation.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Approval>,
    /// Refresh tokens that were replaced, revoked or outlived.
    dead: Vec<String>,
}

/// What Spotify says of an access token that it does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unauthorized {
    Invalid,
    Expired,
}

impl Grants {
    /// A code for what was approved.
    pub(crate) fn code(
        &mut self,
        approval: Approval,
        redirect_uri: &str,
        challenge: Option<&str>,
    ) -> String {
        let code = random("AQ", 96);
        let redirect_uri = redirect_uri.to_owned();
        let challenge = challenge.map(str::to_owned);
        let row = Code {
            approval,
            redirect_uri,
            challenge,
        };
        self.codes.insert(code.clone(), row);
        code
    }

    /// Exchanges a code, which is spent by that, whatever comes of it.
    ///
    /// # Errors
    ///
    /// Spotify's description of an `invalid_grant` or, for a missing verifier, of the request.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: u64,
        (code_lifetime, token_lifetime): (u64, u64),
    ) -> Result<Issued, &'static str> {
        let row = self
            .codes
            .remove(code)
            .ok_or("Invalid authorization code")?;
        if now >= row.approval.at + code_lifetime * 1000 {
            return Err("Authorization code expired");
        }
        if row.redirect_uri != redirect_uri {
            return Err("Invalid redirect URI");
        }
        let given = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
        if given != row.challenge {
            return Err("code_verifier was incorrect");
        }
        let refresh = random("AQ", 96);
        let scopes = row.approval.scopes.clone();
        self.refresh.insert(refresh.clone(), row.approval);
        let access = self.access(&scopes, now, token_lifetime);
        Ok(Issued {
            access,
            refresh: Some(refresh),
            scopes,
        })
    }

    /// Refreshes; with `rotate`, the token given is dead afterwards.
    ///
    /// # Errors
    ///
    /// Spotify's description of an `invalid_grant`.
    pub(crate) fn refresh(
        &mut self,
        token: &str,
        rotate: bool,
        now: u64,
        token_lifetime: u64,
    ) -> Result<Issued, &'static str> {
        if self.dead.iter().any(|dead| dead == token) {
            return Err("Refresh token revoked");
        }
        let approval = self.refresh.get(token).ok_or("Invalid refresh token")?;
        let (scopes, approval) = (approval.scopes.clone(), approval.clone());
        if now >= approval.at + SIX_MONTHS {
            self.kill(token);
            return Err("Refresh token expired");
        }
        let refresh = rotate.then(|| {
            self.kill(token);
            let fresh = random("AQ", 96);
            self.refresh.insert(fresh.clone(), approval);
            fresh
        });
        let access = self.access(&scopes, now, token_lifetime);
        Ok(Issued {
            access,
            refresh,
            scopes,
        })
    }

    /// The scopes behind an access token.
    ///
    /// # Errors
    ///
    /// Where there is none, or none any more.
    pub(crate) fn scopes(&self, token: &str, now: u64) -> Result<&[String], Unauthorized> {
        let access = self.access.get(token).ok_or(Unauthorized::Invalid)?;
        if now >= access.until {
            return Err(Unauthorized::Expired);
        }
        Ok(&access.scopes)
    }

    /// As if the visitor had removed the app: every token is dead.
    pub(crate) fn revoke(&mut self) {
        self.codes.clear();
        self.access.clear();
        let tokens: Vec<String> = self.refresh.keys().cloned().collect();
        tokens.iter().for_each(|token| self.kill(token));
    }

    /// Makes every access token invalid before its time, and leaves the refresh tokens.
    pub(crate) fn expire_access(&mut self) {
        self.access.values_mut().for_each(|access| access.until = 0);
    }

    /// The refresh tokens that still work.
    pub(crate) fn living(&self) -> Vec<String> {
        self.refresh.keys().cloned().collect()
    }

    fn kill(&mut self, token: &str) {
        self.refresh.remove(token);
        self.dead.push(token.to_owned());
    }

    fn access(&mut self, scopes: &[String], now: u64, lifetime: u64) -> String {
        let token = random("BQ", 128);
        let until = now.saturating_add(lifetime.saturating_mul(1000));
        let scopes = scopes.to_vec();
        self.access.insert(token.clone(), Access { scopes, until });
        token
    }
}

/// A token of so many random bytes.
fn random(prefix: &str, bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    if let Err(error) = getrandom::fill(&mut buffer) {
        unreachable!("the system gives random bytes: {error}");
    }
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(buffer))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use sha2::{Digest as _, Sha256};

    use super::{Approval, Grants, Issued, SIX_MONTHS, Unauthorized};

    const URI: &str = "https://site.example/api/callback";

    fn code(grants: &mut Grants) -> String {
        let scopes = vec!["user-top-read".to_owned()];
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest("verifier"));
        grants.code(Approval { scopes, at: 0 }, URI, Some(&challenge))
    }

    fn redeem(grants: &mut Grants, code: &str, now: u64) -> Result<Issued, &'static str> {
        grants.redeem(code, URI, Some("verifier"), now, (600, 3600))
    }

    fn refresh_token(grants: &mut Grants) -> Option<String> {
        let code = code(grants);
        redeem(grants, &code, 1).ok()?.refresh
    }

    #[test]
    fn a_code_works_once() {
        let mut grants = Grants::default();
        let code = code(&mut grants);
        assert!(redeem(&mut grants, &code, 1).is_ok());
        let again = redeem(&mut grants, &code, 2).err();
        assert_eq!(again, Some("Invalid authorization code"));
    }

    #[test]
    fn a_code_needs_its_verifier_its_redirect_uri_and_its_time() {
        let mut grants = Grants::default();
        for (uri, verifier, now, expected) in [
            (URI, Some("other"), 1, "code_verifier was incorrect"),
            (URI, None, 1, "code_verifier was incorrect"),
            (
                "https://site.example/",
                Some("verifier"),
                1,
                "Invalid redirect URI",
            ),
            (URI, Some("verifier"), 600_000, "Authorization code expired"),
        ] {
            let code = code(&mut grants);
            let refused = grants.redeem(&code, uri, verifier, now, (600, 3600));
            assert_eq!(refused.err(), Some(expected));
            let spent = redeem(&mut grants, &code, 1).err();
            assert_eq!(spent, Some("Invalid authorization code"));
        }
    }

    #[test]
    fn a_rotated_refresh_token_is_dead() -> Result<(), Box<dyn std::error::Error>> {
        let mut grants = Grants::default();
        let old = refresh_token(&mut grants).ok_or("no token")?;
        let new = grants
            .refresh(&old, true, 2, 3600)?
            .refresh
            .ok_or("no token")?;
        let dead = grants.refresh(&old, true, 3, 3600).err();
        assert_eq!(dead, Some("Refresh token revoked"));
        assert!(grants.refresh(&new, false, 3, 3600)?.refresh.is_none());
        assert_eq!(grants.living(), [new]);
        Ok(())
    }

    #[test]
    fn refreshing_does_not_prolong_the_six_months() -> Result<(), Box<dyn std::error::Error>> {
        let mut grants = Grants::default();
        let old = refresh_token(&mut grants).ok_or("no token")?;
        let late = grants.refresh(&old, true, SIX_MONTHS - 1, 3600)?;
        let new = late.refresh.ok_or("no token")?;
        let refused = grants.refresh(&new, true, SIX_MONTHS, 3600).err();
        assert_eq!(refused, Some("Refresh token expired"));
        Ok(())
    }

    #[test]
    fn an_access_token_ends() -> Result<(), Box<dyn std::error::Error>> {
        let mut grants = Grants::default();
        let code = code(&mut grants);
        let access = redeem(&mut grants, &code, 0)?.access;
        assert!(grants.scopes(&access, 3_599_999).is_ok());
        let expired = grants.scopes(&access, 3_600_000);
        assert_eq!(expired, Err(Unauthorized::Expired));
        assert_eq!(grants.scopes("BQ", 0), Err(Unauthorized::Invalid));
        Ok(())
    }
}

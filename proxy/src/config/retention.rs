//! The settings on which it depends what is kept, and for how long.

use crate::config::AccessLog;
use crate::config::flags::{self, Settings};
use crate::config::problem::ConfigErrors;
use crate::config::values::{self, Reader};

/// What the inventory depends on; all of it has defaults.
#[derive(Debug, Clone)]
pub struct RetentionConfig {
    /// The session cookie's name.
    pub cookie_name: String,
    /// The provider's name.
    pub provider: String,
    /// How many days a session lasts from its authorization.
    pub session_ttl: u32,
    /// How many days an unused session is kept.
    pub idle_ttl: u32,
    /// How many days a day's access log is kept; `None` where there is none.
    pub access_log_keep: Option<u32>,
    /// Whether reCAPTCHA is on.
    pub captcha: bool,
}

impl RetentionConfig {
    /// Makes sense of the settings that the inventory depends on.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with those settings.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(settings);
        let cookie_name = reader.required(&flags::COOKIE_NAME, values::cookie_name);
        let provider = reader.required(&flags::PROVIDER, values::provider_name);
        let session_ttl = reader.required(&flags::SESSION_TTL, values::days);
        let idle_ttl = reader.required(&flags::IDLE_TTL, values::days);
        let access_log = reader.required(&flags::ACCESS_LOG, values::access_log);
        let access_log_keep = reader.required(&flags::ACCESS_LOG_KEEP, values::days);
        let read = || {
            let is_logged = access_log? != AccessLog::Off;
            Some(Self {
                cookie_name: cookie_name?,
                provider: provider?,
                session_ttl: session_ttl?,
                idle_ttl: idle_ttl?,
                access_log_keep: is_logged.then_some(access_log_keep?),
                captcha: settings.get(&flags::RECAPTCHA_SECRET_FILE).is_some(),
            })
        };
        reader.finish(read())
    }
}

//! Reads one setting after another, collecting what is wrong, and the shapes of single values.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderName;

use crate::config::flags::{Flag, Settings};
use crate::config::problem::{ConfigErrors, Problem, Reason};
use crate::config::{AccessLog, AdminListen, LogFormat};
use crate::fault::FileFault;
use crate::secret::Secret;

/// Reads settings flag by flag and remembers each problem once.
pub(super) struct Reader<'a> {
    settings: &'a Settings,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            problems: Vec::new(),
        }
    }

    /// The value given or its default; that there is neither is a problem.
    pub(super) fn required<T>(
        &mut self,
        flag: &Flag,
        parse: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        if self.text(flag).is_none() {
            let reason = Reason::Missing {
                shape: flag.shape,
                variable: flag.variable(),
            };
            self.refuse(flag, reason);
        }
        self.optional(flag, parse)
    }

    /// The value given or its default, if there is one.
    pub(super) fn optional<T>(
        &mut self,
        flag: &Flag,
        parse: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        match parse(self.text(flag)?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.refuse(flag, reason);
                None
            }
        }
    }

    /// The value given, or else `preset`.
    pub(super) fn required_or<T>(
        &mut self,
        flag: &Flag,
        preset: &str,
        parse: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        if self.text(flag).is_none() {
            return parse(preset).ok();
        }
        self.optional(flag, parse)
    }

    /// Whether the switch is on; `SPOTIFINFO_…=false` leaves it off.
    pub(super) fn switch(&mut self, flag: &Flag) -> bool {
        self.optional(flag, |text| match text {
            "true" | "" => Ok(true),
            "false" => Ok(false),
            _ => Err(not_a("true or false", text)),
        })
        .unwrap_or(false)
    }

    pub(super) fn refuse(&mut self, flag: &Flag, reason: Reason) {
        let place = self.settings.place(flag);
        if self.problems.iter().all(|problem| problem.place != place) {
            self.problems.push(Problem { place, reason });
        }
    }

    /// The value, where nothing was wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigErrors> {
        let mut problems = self.problems;
        problems.extend(self.settings.unknown().iter().cloned());
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(ConfigErrors(problems)),
        }
    }

    fn text(&self, flag: &Flag) -> Option<&'a str> {
        self.settings.get(flag).or(flag.default)
    }
}

pub(super) fn text(text: &str) -> Result<String, Reason> {
    match text.trim() {
        "" => Err(not_a("a text", text)),
        trimmed => Ok(trimmed.to_owned()),
    }
}

pub(super) fn path(text: &str) -> Result<PathBuf, Reason> {
    if text.is_empty() || text.contains('\0') {
        return Err(not_a("a path", text));
    }
    Ok(PathBuf::from(text))
}

/// Names separated by spaces or commas.
pub(super) fn words(text: &str) -> Result<Vec<String>, Reason> {
    // RFC 6749 section 3.3: printable ASCII without the quotation mark and the backslash.
    let allowed = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    let words: Vec<String> = text
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if words.is_empty() || !words.iter().all(|word| word.chars().all(allowed)) {
        return Err(not_a("a list of scopes", text));
    }
    Ok(words)
}

pub(super) fn hosts(text: &str) -> Result<Vec<String>, Reason> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.:[]_".contains(c);
    let hosts: Vec<String> = text
        .split(',')
        .map(|host| host.trim().to_ascii_lowercase())
        .filter(|host| !host.is_empty())
        .collect();
    if !hosts.iter().all(|host| host.chars().all(allowed)) {
        return Err(not_a(
            "a list of hosts, such as auth.example.com,10.0.0.1:8080",
            text,
        ));
    }
    Ok(hosts)
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, Reason> {
    text.parse()
        .map_err(|_| not_a("an address and port, such as 127.0.0.1:8080", text))
}

pub(super) fn admin_listen(text: &str) -> Result<AdminListen, Reason> {
    if let Some(socket) = text.strip_prefix("unix:") {
        return path(socket).map(AdminListen::Unix);
    }
    let address = socket_address(text)?;
    if !address.ip().is_loopback() {
        return Err(Reason::NotLoopback {
            given: text.to_owned(),
        });
    }
    Ok(AdminListen::Tcp(address))
}

pub(super) fn access_log(text: &str) -> Result<AccessLog, Reason> {
    match text {
        "-" => Ok(AccessLog::Stdout),
        "off" => Ok(AccessLog::Off),
        file => path(file).map(AccessLog::File),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, Reason> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(not_a("text or json", text)),
    }
}

/// A token of RFC 6265; those of the login cookies are taken.
pub(super) fn cookie_name(text: &str) -> Result<String, Reason> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let taken = text.contains("login-");
    if text.is_empty() || text.len() > 64 || taken || !text.chars().all(allowed) {
        return Err(not_a(
            "a cookie's name, such as state or __Host-state",
            text,
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn header_name(text: &str) -> Result<HeaderName, Reason> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| not_a("a header's name", text))
}

pub(super) fn provider_name(text: &str) -> Result<String, Reason> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 32 || !text.chars().all(allowed) {
        return Err(not_a(
            "a provider's name (a-z, 0-9 and -, at most 32)",
            text,
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn positive(text: &str) -> Result<u32, Reason> {
    match text.parse() {
        Ok(number) if (1..=1_000_000).contains(&number) => Ok(number),
        _ => Err(not_a("a number from 1 to 1000000", text)),
    }
}

pub(super) fn count(text: &str) -> Result<usize, Reason> {
    let number = positive(text)?;
    usize::try_from(number).map_err(|_| not_a("a number from 1 to 1000000", text))
}

pub(super) fn score(text: &str) -> Result<f64, Reason> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        _ => Err(not_a("a number from 0.0 to 1.0", text)),
    }
}

/// Whole days. Browsers cap a cookie's life at 400 days (RFC 6265bis section 5.5).
pub(super) fn days(text: &str) -> Result<u32, Reason> {
    match text.strip_suffix('d').unwrap_or(text).parse() {
        Ok(days) if (1..=400).contains(&days) => Ok(days),
        _ => Err(not_a("a number of days from 1d to 400d", text)),
    }
}

/// Whole seconds, minutes or hours, at most a day.
pub(super) fn duration(text: &str) -> Result<Duration, Reason> {
    let wrong = || not_a("a duration, such as 10s, 5m or 1h, at most 24h", text);
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    match number.checked_mul(seconds) {
        Some(total) if total <= 86_400 => Ok(Duration::from_secs(total)),
        _ => Err(wrong()),
    }
}

/// The first line of the file at `path`; there must be no other.
pub(super) fn secret_file(path: &str) -> Result<Secret, Reason> {
    let path = self::path(path)?;
    let content = match fs::read_to_string(&path) {
        Ok(content) => Secret::new(content),
        Err(error) => {
            return Err(Reason::File {
                fault: Arc::new(FileFault::of(&path, error)),
                path,
            });
        }
    };
    let line = content.expose().trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains(|c: char| c.is_control()) {
        return Err(Reason::NotOneLine { path });
    }
    Ok(Secret::new(line.to_owned()))
}

fn not_a(expected: &'static str, given: &str) -> Reason {
    Reason::NotA {
        expected,
        given: given.to_owned(),
    }
}

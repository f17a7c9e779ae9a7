//! The counters: only numbers, nothing about any visitor. Counting is one atomic addition.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How a refresh can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// With a token.
    Granted,
    /// The provider no longer accepts the refresh token.
    InvalidGrant,
    /// The provider asked to wait.
    RateLimited,
    /// The provider could not be reached or could not answer.
    Unavailable,
    /// The provider's answer made no sense.
    Broken,
    /// The database could not answer.
    Store,
}

const REFRESHES: [(Refresh, &str); 6] = [
    (Refresh::Granted, "granted"),
    (Refresh::InvalidGrant, "invalid_grant"),
    (Refresh::RateLimited, "rate_limited"),
    (Refresh::Unavailable, "unavailable"),
    (Refresh::Broken, "broken"),
    (Refresh::Store, "store"),
];

/// The last one is for paths without a route.
const ROUTES: [&str; 5] = ["login", "callback", "token", "session", "other"];
const CLASSES: usize = 5;

/// Upper bounds of the latency buckets, in microseconds.
const BOUNDS: [u64; 8] = [
    100, 500, 1_000, 5_000, 20_000, 100_000, 1_000_000, 10_000_000,
];

/// All counters.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[AtomicU64; CLASSES]; ROUTES.len()],
    latencies: [AtomicU64; BOUNDS.len() + 1],
    latency_sum: AtomicU64,
    refreshes: [AtomicU64; REFRESHES.len()],
    /// Requests refused for coming too often.
    pub rate_limited: AtomicU64,
    /// Connections refused because there were as many as allowed.
    pub refused_connections: AtomicU64,
    /// Requests that the HTTP library refused before they reached a handler.
    pub refused_requests: AtomicU64,
    /// Handlers that panicked.
    pub panics: AtomicU64,
    /// Lines that did not fit into the access log's buffer or onto the disk.
    pub lost_log_lines: AtomicU64,
    /// Connections that are open.
    pub connections: AtomicU64,
}

/// Adds one.
pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Metrics {
    /// Counts an answered request.
    pub fn request(&self, path: &str, status: u16, took: Duration) {
        let name = path.strip_prefix("/api/").unwrap_or("");
        let known = ROUTES.iter().position(|route| *route == name);
        let route = known.unwrap_or(ROUTES.len() - 1);
        let class = usize::from(status / 100).clamp(1, CLASSES) - 1;
        count(&self.requests[route][class]);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        count(&self.latencies[BOUNDS.partition_point(|bound| *bound < micros)]);
        self.latency_sum.fetch_add(micros, Ordering::Relaxed);
    }

    /// Counts a refresh.
    pub fn refresh(&self, end: Refresh) {
        if let Some(place) = REFRESHES.iter().position(|(known, _)| *known == end) {
            count(&self.refreshes[place]);
        }
    }

    /// In Prometheus' text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(4096);
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        out.push_str("# TYPE spotifinfo_requests_total counter\n");
        for (route, classes) in ROUTES.iter().zip(&self.requests) {
            for (class, counter) in classes.iter().enumerate() {
                writeln!(
                    out,
                    "spotifinfo_requests_total{{route=\"{route}\",status=\"{}xx\"}} {}",
                    class + 1,
                    get(counter)
                )?;
            }
        }
        self.write_latencies(out)?;
        out.push_str("# TYPE spotifinfo_refreshes_total counter\n");
        for ((_, name), counter) in REFRESHES.iter().zip(&self.refreshes) {
            let number = get(counter);
            writeln!(
                out,
                "spotifinfo_refreshes_total{{result=\"{name}\"}} {number}"
            )?;
        }
        for (name, kind, counter) in [
            ("rate_limited_total", "counter", &self.rate_limited),
            (
                "refused_connections_total",
                "counter",
                &self.refused_connections,
            ),
            ("refused_requests_total", "counter", &self.refused_requests),
            ("panics_total", "counter", &self.panics),
            ("lost_log_lines_total", "counter", &self.lost_log_lines),
            ("connections", "gauge", &self.connections),
        ] {
            let number = get(counter);
            writeln!(
                out,
                "# TYPE spotifinfo_{name} {kind}\nspotifinfo_{name} {number}"
            )?;
        }
        Ok(())
    }

    fn write_latencies(&self, out: &mut String) -> std::fmt::Result {
        out.push_str("# TYPE spotifinfo_request_seconds histogram\n");
        let mut sum = 0;
        for (bound, counter) in BOUNDS.iter().zip(&self.latencies) {
            sum += get(counter);
            let (seconds, rest) = (bound / 1_000_000, bound % 1_000_000);
            writeln!(
                out,
                "spotifinfo_request_seconds_bucket{{le=\"{seconds}.{rest:06}\"}} {sum}"
            )?;
        }
        sum += self.latencies.last().map_or(0, get);
        let micros = get(&self.latency_sum);
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        writeln!(
            out,
            "spotifinfo_request_seconds_bucket{{le=\"+Inf\"}} {sum}"
        )?;
        writeln!(out, "spotifinfo_request_seconds_sum {seconds}.{rest:06}")?;
        writeln!(out, "spotifinfo_request_seconds_count {sum}")
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{Metrics, Refresh};
    use std::time::Duration;

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Metrics::default();
        metrics.request("/api/token", 200, Duration::from_micros(400));
        metrics.request("/api/token", 200, Duration::from_secs(60));
        metrics.request("/wp-login.php", 404, Duration::from_micros(100));
        metrics.refresh(Refresh::Granted);
        let text = metrics.text();
        for line in [
            "spotifinfo_requests_total{route=\"token\",status=\"2xx\"} 2",
            "spotifinfo_requests_total{route=\"other\",status=\"4xx\"} 1",
            "spotifinfo_request_seconds_bucket{le=\"0.000100\"} 1",
            "spotifinfo_request_seconds_bucket{le=\"0.000500\"} 2",
            "spotifinfo_request_seconds_bucket{le=\"+Inf\"} 3",
            "spotifinfo_request_seconds_sum 60.000500",
            "spotifinfo_refreshes_total{result=\"granted\"} 1",
            "spotifinfo_refreshes_total{result=\"broken\"} 0",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
    }
}

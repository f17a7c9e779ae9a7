//! Requests, one by one and as load: `wrk` finds the peak, and at half of it requests leave by the
//! clock.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use crate::proxy::answer;
use crate::proxy::paced::paced;
use crate::proxy::process::{Server, busy};

const CONNECTIONS: u32 = 32;
/// What a browser sends along.
const HEADERS: [(&str, &str); 10] = [
    ("Origin", "https://www.example.com"),
    ("Referer", "https://www.example.com/top/tracks/?range=short"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    ("Accept", "*/*"),
    ("Accept-Language", "en-GB,en;q=0.5"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Priority", "u=4"),
];

/// A request with a browser's headers.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    host: String,
    cookie: String,
}

/// A server under load, and what it is asked.
#[derive(Debug)]
pub(crate) struct Target {
    /// The one that is asked comes last, behind those that it needs.
    pub(crate) servers: Vec<Server>,
    /// The request.
    pub(crate) request: Request,
}

/// What a server did under load; times in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Load {
    /// Requests a second at the peak.
    pub(crate) peak: f64,
    /// The share of the time for which its core was busy at the peak.
    pub(crate) busy: f64,
    /// Half of the answers at the peak were quicker.
    pub(crate) p50: f64,
    /// 99 of 100 answers at the peak were quicker.
    pub(crate) p99: f64,
    /// The same at half of the peak.
    pub(crate) half_p50: f64,
    /// The same at half of the peak.
    pub(crate) half_p99: f64,
}

impl Target {
    fn address(&self) -> io::Result<SocketAddr> {
        let asked = self.servers.last().map(|server| server.address);
        asked.ok_or_else(|| io::Error::other("there is no server"))
    }
}

impl Request {
    /// A request that shows `cookie`.
    pub(crate) fn new(method: &'static str, path: &str, cookie: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            host: "www.example.com".to_owned(),
            cookie: cookie.to_owned(),
        }
    }

    /// The same for a server that knows itself by this name.
    pub(crate) fn at(self, host: SocketAddr) -> Self {
        Self {
            host: host.to_string(),
            ..self
        }
    }

    /// As it goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in self.headers() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// Sends it on a connection of its own; gives the body.
    ///
    /// # Errors
    /// Where there is no answer, or one that is not 200.
    pub(crate) fn once(&self, address: SocketAddr) -> io::Result<String> {
        Connection::open(address)?.ask(&self.bytes())
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = [
            ("Host", self.host.as_str()),
            ("Cookie", self.cookie.as_str()),
            ("Content-Length", "0"),
        ];
        own.into_iter().chain(HEADERS)
    }

    /// For `wrk`, in its own words.
    fn script(&self) -> String {
        let mut text = format!(
            "wrk.method = \"{}\"\nwrk.path = \"{}\"\n",
            self.method, self.path
        );
        for (name, value) in self.headers() {
            text.push_str(&format!("wrk.headers[\"{name}\"] = [=[{value}]=]\n"));
        }
        text.push_str(
            "function done(summary, latency)\n  local e = summary.errors\n  io.write(string.format(\n    \
             \"measured %d %d %d %d %d\\n\", summary.requests, summary.duration,\n    \
             latency:percentile(50), latency:percentile(99),\n    \
             e.connect + e.read + e.write + e.status + e.timeout))\nend\n",
        );
        text
    }
}

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Where nobody listens.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self { stream })
    }

    /// Sends a request and waits for its answer; gives the body.
    ///
    /// # Errors
    /// Where there is no answer, or one that is not 200.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<String> {
        self.stream.write_all(request)?;
        let (mut answer, mut some) = (Vec::new(), [0; 2048]);
        loop {
            match self.stream.read(&mut some)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => answer.extend_from_slice(&some[..length]),
            }
            if let Some(body) = answer::body(&answer)? {
                return String::from_utf8(body.to_vec()).map_err(io::Error::other);
            }
        }
    }

    /// Its file, where it is only to be kept open.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }
}

impl Load {
    /// The middle of `loads`, each number by itself.
    pub(crate) fn median(loads: &[Self]) -> Self {
        let middle = |number: fn(&Self) -> f64| {
            let mut sorted: Vec<f64> = loads.iter().map(number).collect();
            sorted.sort_by(f64::total_cmp);
            sorted.get(sorted.len() / 2).copied().unwrap_or_default()
        };
        Self {
            peak: middle(|load| load.peak),
            busy: middle(|load| load.busy),
            p50: middle(|load| load.p50),
            p99: middle(|load| load.p99),
            half_p50: middle(|load| load.half_p50),
            half_p99: middle(|load| load.half_p99),
        }
    }
}

/// As many requests as `target` answers in `time`.
///
/// # Errors
/// Where `wrk` is missing or a request fails.
pub(crate) fn peak(target: &Target, time: Duration, folder: &Path) -> io::Result<Load> {
    let script = folder.join("request.lua");
    fs::write(&script, target.request.script())?;
    let mut command = Command::new("wrk");
    command
        .args(["--threads", "1", "--connections"])
        .arg(CONNECTIONS.to_string())
        .args(["--duration", &format!("{}s", time.as_secs()), "--script"])
        .arg(&script)
        .arg(format!("http://{}/", target.address()?));
    let (text, busy) = busy(|| command_output(&mut command))?;
    let measured = text.lines().find_map(|line| line.strip_prefix("measured "));
    let numbers: Vec<f64> = measured
        .unwrap_or_default()
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    match numbers[..] {
        [requests, micros, p50, p99, 0.0] => Ok(Load {
            peak: requests / (micros / 1e6),
            busy,
            p50: p50 / 1e3,
            p99: p99 / 1e3,
            ..Load::default()
        }),
        _ => Err(io::Error::other(format!("wrk met errors: {text}"))),
    }
}

/// The same with the latencies at half of the peak.
///
/// # Errors
/// Where a request fails.
pub(crate) fn at_half(target: &Target, time: Duration, load: Load) -> io::Result<Load> {
    let (address, request) = (target.address()?, target.request.bytes());
    let mut late = paced(address, &request, CONNECTIONS, load.peak / 2.0, time)?;
    late.sort_unstable();
    let at = |share: f64| {
        let place = (late.len() as f64 * share) as usize;
        let micros = late.get(place.min(late.len().saturating_sub(1)));
        micros.map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    Ok(Load {
        half_p50: at(0.50),
        half_p99: at(0.99),
        ..load
    })
}

/// What a client's thread came to.
///
/// # Errors
/// Its own, or that it panicked.
pub(crate) fn joined<T>(client: ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    let panicked = |_| Err(io::Error::other("a client panicked"));
    client.join().unwrap_or_else(panicked)
}

fn command_output(command: &mut Command) -> io::Result<String> {
    let done = command
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("{command:?}: {error}")))?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() {
        Ok(text)
    } else {
        let said = String::from_utf8_lossy(&done.stderr);
        Err(io::Error::other(format!("{command:?}: {text}{said}")))
    }
}

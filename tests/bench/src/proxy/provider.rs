//! A token endpoint that answers at once, so that what is measured is the proxy. Every answer
//! replaces the refresh token.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// How long Spotify's access tokens are, give or take.
pub(crate) const ACCESS_TOKEN: usize = 256;
/// How long Spotify's refresh tokens are.
pub(crate) const REFRESH_TOKEN: usize = 131;

static TOKENS: AtomicU64 = AtomicU64::new(0);

/// The endpoint. It lives as long as the process.
#[derive(Debug)]
pub(crate) struct Provider {
    address: SocketAddr,
}

impl Provider {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A connection that breaks is the proxy's to notice.
                thread::spawn(move || drop(serve(stream)));
            }
        });
        Ok(Self { address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where tokens are to be had.
    pub(crate) fn token_url(&self) -> String {
        format!("http://{}/api/token", self.address)
    }

    /// Where visitors would be sent.
    pub(crate) fn authorize_url(&self) -> String {
        format!("http://{}/authorize", self.address)
    }
}

/// A token of `length` that no other has.
pub(crate) fn token(length: usize) -> String {
    let number = TOKENS.fetch_add(1, Ordering::Relaxed);
    format!("{number:0>length$}")
}

fn serve(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some(length) = read_head(&mut reader)? {
        io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        let body = format!(
            "{{\"access_token\":\"{}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"{}\"}}",
            token(ACCESS_TOKEN),
            token(REFRESH_TOKEN)
        );
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes())?;
    }
    Ok(())
}

/// The length of the body that follows; `None` at the end.
fn read_head(reader: &mut impl io::BufRead) -> io::Result<Option<u64>> {
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    Ok((line == "\r\n").then_some(length))
}

//! What a refresh takes longer through the proxy than at the provider, rotation included, on a
//! memory disk: what a disk's `fsync` takes comes on top.

use std::io;
use std::time::{Duration, Instant};

use crate::proxy::load::{Connection, Request};
use crate::proxy::ours::Home;
use crate::proxy::provider::Provider;

const ROUNDS: usize = 2000;

/// Round trips, the median and the slowest of a hundred.
#[derive(Debug)]
pub(crate) struct Refresh {
    /// To the provider.
    pub(crate) direct: [Duration; 2],
    /// Through the proxy, each for another session.
    pub(crate) through: [Duration; 2],
}

/// Measures both in turn, one request after the other.
///
/// # Errors
/// Where one fails.
pub(crate) fn measure(home: &Home, provider: &Provider) -> io::Result<Refresh> {
    let server = home.start()?;
    let mut to_provider = Connection::open(provider.address())?;
    let mut to_proxy = Connection::open(server.address)?;
    let ask = Request::new("POST", "/api/token", "").bytes();
    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for session in 0..ROUNDS {
        direct.push(timed(&mut to_provider, &ask)?);
        through.push(timed(&mut to_proxy, &home.token_request(session).bytes())?);
    }
    Ok(Refresh {
        direct: summary(direct),
        through: summary(through),
    })
}

fn timed(connection: &mut Connection, request: &[u8]) -> io::Result<Duration> {
    let started = Instant::now();
    connection.ask(request)?;
    Ok(started.elapsed())
}

fn summary(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [times.len() / 2, times.len() * 99 / 100].map(|place| times[place])
}

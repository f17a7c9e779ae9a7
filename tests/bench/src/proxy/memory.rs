//! How much memory the proxy holds: at rest, with many sessions, with many connections.

use std::io;
use std::net::TcpStream;
use std::thread;

use crate::proxy::load::{Connection, Request, joined};
use crate::proxy::ours::Home;

/// How many ask at once while sessions come to life.
const CLIENTS: usize = 16;

/// In MiB.
#[derive(Debug)]
pub(crate) struct Memory {
    /// After a first answer.
    pub(crate) idle: f64,
    /// With an access token of each session in memory, all of them refreshed just now.
    pub(crate) sessions: f64,
    /// With connections that have each been answered once and stay open.
    pub(crate) connections: f64,
}

/// Measures each on a process of its own.
///
/// # Errors
/// Where it does not start or answer.
pub(crate) fn measure(home: &Home, sessions: usize, connections: usize) -> io::Result<Memory> {
    Ok(Memory {
        idle: idle(home)?,
        sessions: with_sessions(home, sessions)?,
        connections: with_connections(home, connections)?,
    })
}

fn idle(home: &Home) -> io::Result<f64> {
    let server = home.start()?;
    Request::new("GET", "/api/session", "").once(server.address)?;
    server.memory()
}

fn with_sessions(home: &Home, sessions: usize) -> io::Result<f64> {
    let server = home.start()?;
    let some = |first: usize| {
        let mut connection = Connection::open(server.address)?;
        for session in (first..sessions).step_by(CLIENTS) {
            connection.ask(&home.token_request(session).bytes())?;
        }
        Ok::<(), io::Error>(())
    };
    thread::scope(|scope| {
        let clients = (0..CLIENTS).map(|first| scope.spawn(move || some(first)));
        let clients: Vec<_> = clients.collect();
        clients.into_iter().try_for_each(joined)
    })?;
    server.memory()
}

fn with_connections(home: &Home, connections: usize) -> io::Result<f64> {
    let server = home.start()?;
    let request = Request::new("GET", "/api/session", "").bytes();
    let open: io::Result<Vec<TcpStream>> = (0..connections)
        .map(|_| {
            let mut connection = Connection::open(server.address)?;
            connection.ask(&request)?;
            Ok(connection.into_stream())
        })
        .collect();
    let open = open?;
    let memory = server.memory();
    drop(open);
    memory
}

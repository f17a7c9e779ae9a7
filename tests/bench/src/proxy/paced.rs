//! Requests that leave by the clock, whether earlier ones were answered or not, so that a stall is
//! seen by all it delays.
//!
//! One thread looks after all connections and never sleeps. A thread for each connection would
//! wait to be woken, twice for every request, and with two cores for client and server most of
//! what it measured would be that wait.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::proxy::answer;

/// The longest that a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest answer, in bytes.
const LONGEST: usize = 16 * 1024;

/// A connection, and what has come of the answer to its request.
#[derive(Debug)]
struct Asked {
    stream: TcpStream,
    due: Instant,
    answer: Box<[u8; LONGEST]>,
    length: usize,
}

/// Sends `request` `rate` times a second for `time`, on as many connections as are given; tells
/// how long after its time each was answered. A request waits while no connection is free, and the
/// wait counts.
///
/// # Errors
/// Where an answer is missing, or is not 200.
pub(super) fn paced(
    address: SocketAddr,
    request: &[u8],
    connections: u32,
    rate: f64,
    time: Duration,
) -> io::Result<Vec<Duration>> {
    let start = Instant::now() + Duration::from_millis(100);
    let mut dues = (0..(time.as_secs_f64() * rate) as u32)
        .map(|nth| start + Duration::from_secs_f64(f64::from(nth) / rate))
        .peekable();
    let mut free = (0..connections)
        .map(|_| Asked::open(address, start))
        .collect::<io::Result<Vec<_>>>()?;
    let mut waiting: VecDeque<Asked> = VecDeque::new();
    let mut late = Vec::with_capacity(dues.len());
    while dues.peek().is_some() || !waiting.is_empty() {
        if let Some(due) = dues.next_if(|due| !free.is_empty() && *due <= Instant::now())
            && let Some(mut next) = free.pop()
        {
            next.ask(request, due)?;
            waiting.push_back(next);
        }
        let Some(mut oldest) = waiting.pop_front() else {
            continue;
        };
        if oldest.is_answered()? {
            late.push(oldest.due.elapsed());
            free.push(oldest);
        } else {
            waiting.push_back(oldest);
        }
    }
    Ok(late)
}

impl Asked {
    fn open(address: SocketAddr, due: Instant) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            due,
            answer: Box::new([0; LONGEST]),
            length: 0,
        })
    }

    fn ask(&mut self, request: &[u8], due: Instant) -> io::Result<()> {
        (self.due, self.length) = (due, 0);
        self.stream.write_all(request)
    }

    /// Takes what has arrived; tells whether the answer is whole.
    fn is_answered(&mut self) -> io::Result<bool> {
        match self.stream.read(&mut self.answer[self.length..]) {
            Ok(0) => Err(io::Error::other("an answer ends early, or is too long")),
            Ok(count) => {
                self.length += count;
                Ok(answer::body(&self.answer[..self.length])?.is_some())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => match self.due.elapsed() {
                waited if waited > PATIENCE => Err(ErrorKind::TimedOut.into()),
                _ => Ok(false),
            },
            Err(error) => Err(error),
        }
    }
}

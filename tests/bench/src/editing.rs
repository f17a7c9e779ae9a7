//! One post among many is edited while `spotifinfo serve` runs: how long until the browser is
//! told to reload.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::corpus::Post;
use crate::dialect::Dialect;

/// How long an edit may take before the server is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an edit took, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latency {
    /// From the change seen to the reload sent, as the server says.
    pub(crate) server: f64,
    /// From before the file is written until the browser hears of it; this includes the wait
    /// for the editor to be done.
    pub(crate) browser: f64,
}

/// What is edited.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit {
    /// A sentence is added to a post.
    Body,
    /// A post gets another title, which its neighbours and the lists show.
    Title,
    /// A post is added, which moves all lists.
    Addition,
}

/// A running development server with a page that listens.
pub(crate) struct Session {
    child: Child,
    told: BufReader<ChildStdout>,
    events: BufReader<TcpStream>,
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Session {
    /// Serves the site in `folder`; returns when it is built.
    ///
    /// # Errors
    /// Where the server does not start.
    pub(crate) fn open(program: &Path, folder: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| io::Error::other("no stdout"))?;
        let mut told = BufReader::new(stdout);
        let first = line_with(&mut told, "http://")?;
        let address = first.split("http://").nth(1).unwrap_or_default();
        let address = address.split('/').next().unwrap_or_default().to_owned();
        line_with(&mut told, "built in ")?;
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET /__spotifinfo/events HTTP/1.1\r\nHost: {address}\r\n\r\n"
        )?;
        let mut events = BufReader::new(stream);
        line_with(&mut events, ": hello")?;
        Ok(Self {
            child,
            told,
            events,
        })
    }

    /// Makes one edit and waits for the reload.
    ///
    /// # Errors
    /// Where the disk refuses or no reload comes.
    pub(crate) fn edit(
        &mut self,
        folder: &Path,
        posts: &[Post],
        edit: Edit,
        number: usize,
    ) -> io::Result<Latency> {
        let post = &posts[(number * 7919) % posts.len()];
        let file = folder.join(format!("content/posts/{}.md", post.slug));
        let text = fs::read_to_string(&file)?;
        let (file, text) = match edit {
            Edit::Body => (file, format!("{text}\nSentence number {number}.\n")),
            Edit::Title => (file, text.replacen("title = \"", "title = \"New ", 1)),
            Edit::Addition => {
                let file = folder.join(format!("content/posts/added-{number}.md"));
                (file, text)
            }
        };
        let started = Instant::now();
        fs::write(file, text)?;
        line_with(&mut self.events, "event: reload")?;
        let browser = started.elapsed().as_secs_f64() * 1000.0;
        let said = line_with(&mut self.told, "built in ")?;
        let server = said.split("built in ").nth(1).and_then(|rest| {
            let number = rest.split(' ').next()?;
            number.parse().ok()
        });
        let server = server.ok_or_else(|| io::Error::other(format!("the server said {said}")))?;
        Ok(Latency { server, browser })
    }

    /// The most memory that the server held, in MiB.
    #[must_use]
    pub(crate) fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        kib.unwrap_or_default() / 1024.0
    }
}

/// Writes the site and edits it `times` times in each way; the medians, and the memory.
///
/// # Errors
/// Where the disk or the server refuses.
pub(crate) fn measure(
    program: &Path,
    folder: &Path,
    posts: &[Post],
    times: usize,
) -> io::Result<(Vec<(Edit, Latency)>, f64)> {
    Dialect::Spotifinfo.write(folder, posts, true)?;
    let mut session = Session::open(program, folder)?;
    let mut latencies = Vec::new();
    for edit in [Edit::Body, Edit::Title, Edit::Addition] {
        let mut all = Vec::with_capacity(times);
        for number in 0..times {
            all.push(session.edit(folder, posts, edit, number)?);
        }
        latencies.push((edit, median(&all)));
    }
    let memory = session.memory();
    Ok((latencies, memory))
}

fn median(all: &[Latency]) -> Latency {
    let middle = |number: fn(&Latency) -> f64| {
        let mut sorted: Vec<f64> = all.iter().map(number).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    };
    Latency {
        server: middle(|one| one.server),
        browser: middle(|one| one.browser),
    }
}

fn line_with(reader: &mut impl BufRead, wanted: &str) -> io::Result<String> {
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::Error::other(format!(
                "the server never said `{wanted}`"
            )));
        }
        if line.contains(wanted) {
            return Ok(line);
        }
    }
}

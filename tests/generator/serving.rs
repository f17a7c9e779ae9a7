//! The development server, over real connections and on a real disk.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Site, site};

/// How long a change may take to be seen: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(site: &Site, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_spotifinfo"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more)
            .current_dir(site.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        // What is told later must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        let server = Self { child, address };
        server.eventually("/", "200 OK");
        server
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = &self.address;
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }

    /// The whole answer, headers included.
    fn get(&self, path: &str) -> String {
        let mut answer = Vec::new();
        self.send(&format!("GET {path}"))
            .read_to_end(&mut answer)
            .unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn eventually(&self, path: &str, part: &str) {
        let started = Instant::now();
        let mut last = String::new();
        while started.elapsed() < PATIENCE {
            last = self.get(path);
            if last.contains(part) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{path} never had {part}; at last it was\n{last}");
    }
}

fn page(title: &str, body: &str) -> String {
    format!("+++\ntitle = '{title}'\n+++\n{body}\n")
}

fn small() -> Site {
    site()
        .with("content/_index.md", &page("Home", "Hello"))
        .with("content/a.md", &page("A", "first"))
}

#[test]
fn edits_of_every_kind_are_seen() {
    let site = small();
    let server = Server::start(&site, &[]);
    server.eventually("/a/", "first");

    site.write("content/a.md", page("A", "in place"));
    server.eventually("/a/", "in place");

    site.write("content/.a.md.swp", page("A", "by renaming"));
    fs::rename(site.path("content/.a.md.swp"), site.path("content/a.md")).unwrap();
    server.eventually("/a/", "by renaming");

    site.write("content/new/deep/b.md", page("B", "in a new folder"));
    server.eventually("/new/deep/b/", "in a new folder");
    site.write("content/new/deep/b.md", page("B", "and changed there"));
    server.eventually("/new/deep/b/", "and changed there");

    fs::remove_dir_all(site.path("content/new")).unwrap();
    server.eventually("/new/deep/b/", "404 Not Found");

    for nth in 0..50 {
        site.write("content/a.md", page("A", &format!("burst {nth}")));
    }
    server.eventually("/a/", "burst 49");

    site.write(
        "templates/page.html",
        "<p>another template {{ page.title }}</p>",
    );
    server.eventually("/a/", "another template A");
}

#[test]
fn what_others_are_made_of_is_seen_too() {
    let site = small()
        .with("content/site.toml", "base_url = 'https://a.example'\ntheme = 'mine'\n")
        .with("content/b.md", &page("B", "[to A](@/a.md)"))
        .with("content/data/facts.toml", "motto = 'first motto'\n")
        .with("themes/mine/assets/site.css", "a{color:red}")
        .with(
            "themes/mine/templates/page.html",
            "<link rel=stylesheet href=\"{{ asset('site.css') }}\">{{ page.content }}{{ data.facts.motto }}\
             {% for other in page.backlinks %}from {{ other.title }}{% endfor %}",
        );
    fs::remove_file(site.path("templates/page.html")).unwrap();
    let server = Server::start(&site, &[]);
    server.eventually("/a/", "from B");

    site.write("content/b.md", page("Another B", "[to A](@/a.md)"));
    server.eventually("/a/", "from Another B");
    site.write("content/data/facts.toml", "motto = 'second motto'\n");
    server.eventually("/a/", "second motto");

    let before = server.get("/a/");
    site.write("themes/mine/assets/site.css", "a{color:#00f}");
    let asset = |answer: &str| {
        let behind = answer.split("href=\"").nth(1).unwrap();
        behind.split('"').next().unwrap().to_owned()
    };
    let started = Instant::now();
    while asset(&server.get("/a/")) == asset(&before) {
        assert!(started.elapsed() < PATIENCE, "the asset kept its name");
        thread::sleep(Duration::from_millis(20));
    }

    site.write("themes/mine/templates/page.html", "{% if %}");
    site.write("content/b.md", page("B in between", "[to A](@/a.md)"));
    site.write(
        "themes/mine/templates/.page.html.swp",
        "anew {% for other in page.backlinks %}{{ other.title }}{% endfor %}",
    );
    fs::rename(
        site.path("themes/mine/templates/.page.html.swp"),
        site.path("themes/mine/templates/page.html"),
    )
    .unwrap();
    server.eventually("/a/", "anew B in between");

    fs::create_dir(site.path("content/old")).unwrap();
    fs::rename(site.path("content/b.md"), site.path("content/old/b.md")).unwrap();
    server.eventually("/old/b/", "200 OK");
    fs::rename(site.path("content/old"), site.path("content/young")).unwrap();
    server.eventually("/young/b/", "200 OK");
    server.eventually("/old/b/", "404 Not Found");
    server.eventually("/a/", "anew B in between");
}

#[cfg(unix)]
#[test]
fn a_linked_file_is_read_whenever_something_changes() {
    let site = small().with("content/b.md", &page("B", "x"));
    fs::create_dir(site.path("notes")).unwrap();
    site.write("notes/c.md", page("C", "behind the link"));
    std::os::unix::fs::symlink("../notes/c.md", site.path("content/c.md")).unwrap();
    let server = Server::start(&site, &[]);
    server.eventually("/c/", "behind the link");
    site.write("notes/c.md", page("C", "changed behind the link"));
    site.write("content/b.md", page("B", "changed too"));
    server.eventually("/c/", "changed behind the link");
}

#[test]
fn folders_that_come_later_or_come_back_are_watched() {
    let site = small().with(
        "templates/page.html",
        "{{ load_data(path='data/x.json', required=false) | json_encode }}",
    );
    let server = Server::start(&site, &[]);
    server.eventually("/a/", "null");
    site.write("data/x.json", "[1]");
    server.eventually("/a/", "[1]");
    site.write("data/x.json", "[1,2]");
    server.eventually("/a/", "[1,2]");
    fs::rename(site.path("data"), site.path("elsewhere")).unwrap();
    server.eventually("/a/", "null");
    fs::rename(site.path("elsewhere"), site.path("data")).unwrap();
    server.eventually("/a/", "[1,2]");
    site.write("data/x.json", "[3]");
    server.eventually("/a/", "[3]");
}

#[test]
fn a_configuration_elsewhere_is_watched() {
    let site = small().with(
        "other.toml",
        "base_url = 'https://a.example'\ntitle = 'First'\n",
    );
    site.write("templates/page.html", "{{ config.title }}");
    let server = Server::start(&site, &["--config", "other.toml"]);
    server.eventually("/a/", "First");
    site.write(
        "other.toml",
        "base_url = 'https://a.example'\ntitle = 'Second'\n",
    );
    server.eventually("/a/", "Second");
}

#[test]
fn a_disk_that_tells_nothing_is_looked_at() {
    let site = small();
    let server = Server::start(&site, &["--poll"]);
    site.write("content/a.md", page("A", "seen by looking"));
    server.eventually("/a/", "seen by looking");
}

#[test]
fn a_broken_build_is_shown_over_the_last_good_one() {
    let site = small();
    let server = Server::start(&site, &[]);
    server.eventually("/a/", "first");
    let mut events = BufReader::new(server.send("GET /__spotifinfo/events"));
    let mut next = |wanted: &str| {
        let mut seen = String::new();
        while !seen.contains(wanted) {
            let mut line = String::new();
            assert!(
                events.read_line(&mut line).unwrap() > 0,
                "no {wanted} in\n{seen}"
            );
            seen.push_str(&line);
        }
    };
    next(": hello");

    site.write("content/a.md", "+++\ntitel = 'A'\n+++\nbroken\n");
    next("event: broken");
    next("unknown front matter key `titel`");
    assert!(server.get("/a/").contains("first"));

    site.write("content/a.md", page("A", "first"));
    next("event: reload");
    site.write("static/a/index.html", "another");
    next("event: broken");
    next("two things want the file `a/index.html`");
    fs::remove_file(site.path("static/a/index.html")).unwrap();
    next("event: reload");
    site.write("content/a.md", page("A", "mended"));
    next("event: reload");
    server.eventually("/a/", "mended");
}

#[test]
fn pages_are_answered_as_a_host_would() {
    let site = small().with(
        "content/b.md",
        &(page("B", "x").replace("+++\nx", "aliases = ['old']\n+++\nx")),
    );
    let server = Server::start(&site, &[]);
    let shown = |path: &str| server.get(path).to_ascii_lowercase();
    assert!(shown("/a/").contains("x-content-type-options: nosniff"));
    assert!(shown("/a/").contains("content-security-policy:"));
    assert!(shown("/old").starts_with("http/1.1 301"));
    assert!(shown("/old").contains("location: /b/"));
    assert!(shown("/a").contains("location: /a/"));
    for path in [
        "/nothing",
        "/../content/site.toml",
        "/%2e%2e/content/site.toml",
        "/a/..%2f..%2fcontent/a.md",
    ] {
        assert!(shown(path).starts_with("http/1.1 404"), "{path}");
    }
    let mut answer = String::new();
    server.send("POST /a/").read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

#[test]
fn the_proxy_answers_below_api() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let request: Vec<String> = lines
            .by_ref()
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 2\r\n\
                  connection: close\r\n\r\nhi",
            )
            .unwrap();
        request.join("\n").to_ascii_lowercase()
    });
    let site = small();
    let server = Server::start(&site, &["--api", &address]);
    let answer = server.get("/api/session?x=1");
    let request = heard.join().unwrap();
    assert!(answer.ends_with("hi"), "{answer}");
    for cookie in ["set-cookie: a=1", "set-cookie: b=2"] {
        assert!(answer.contains(cookie), "{answer}");
    }
    assert!(
        request.starts_with("get /api/session?x=1 http/1.1"),
        "{request}"
    );
    let host = format!("host: {}", server.address);
    assert!(request.contains(&host), "{request}");
}

#[test]
fn an_occupied_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    small()
        .run(&["serve", "--listen", &address])
        .fails(3, &[&address, "--listen"]);
}

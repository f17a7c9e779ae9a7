//! `check --external` asks for the links that leave the site, and remembers what was fine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::harness::{Site, site};

/// A web server with a few pages; what it was asked for, in order.
struct Elsewhere {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let heard = Arc::clone(&heard);
                thread::spawn(move || answer(stream.unwrap(), &heard));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }

    fn linked(&self, paths: &[&str]) -> Site {
        let site = site();
        self.link(&site, paths);
        site
    }

    fn link(&self, site: &Site, paths: &[&str]) {
        let links = paths
            .iter()
            .map(|path| format!("[x](http://{}{path})\n", self.address));
        site.write("content/_index.md", links.collect::<String>());
    }
}

fn answer(mut stream: TcpStream, heard: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let (method, rest) = first.split_once(' ').unwrap();
    let path = rest.split(' ').next().unwrap();
    heard.lock().unwrap().push(format!("{method} {path}"));
    let (status, body) = match (method, path) {
        ("HEAD", "/no-head") => ("405 Method Not Allowed", ""),
        (_, "/gone") => ("404 Not Found", "gone"),
        (_, "/moved") => ("301 Moved Permanently\r\nlocation: /fine", ""),
        (_, "/paper.pdf") => ("200 OK\r\ncontent-type: application/pdf", "%PDF"),
        _ => (
            "200 OK",
            "<h2 id=\"here\">Here</h2><a name=th&eacute;re-too>",
        ),
    };
    let body = if method == "HEAD" { "" } else { body };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

#[test]
fn what_is_fine_is_asked_for_once_a_day() {
    let elsewhere = Elsewhere::start();
    let site = elsewhere.linked(&["/fine", "/fine", "/moved", "/no-head", "/page#here"]);
    let told = site.run(&["check", "--external"]).succeeds().stdout;
    assert!(told.contains("4 external links asked for"), "{told}");
    let asked = elsewhere.asked();
    let expected = [
        "GET /no-head",
        "GET /page",
        "HEAD /fine",
        "HEAD /fine",
        "HEAD /moved",
        "HEAD /no-head",
    ];
    assert_eq!(asked, expected);
    let told = site.run(&["check", "--external"]).succeeds().stdout;
    assert!(told.contains(", 0 external links"), "{told}");
    assert_eq!(elsewhere.asked(), [""; 0]);
    site.run(&["check"]).succeeds();
    assert_eq!(elsewhere.asked(), [""; 0], "a plain check asks nobody");
}

#[test]
fn anchors_are_looked_for_as_a_browser_does() {
    let elsewhere = Elsewhere::start();
    let site = elsewhere.linked(&[
        "/a#here",
        "/b#th%C3%A9re-too",
        "/c#:~:text=Here",
        "/paper.pdf#page=2",
    ]);
    site.run(&["check", "--external"]).succeeds();
    elsewhere.link(&site, &["/d#th%C3%A9re", "/e#her"]);
    site.run(&["check", "--external"])
        .fails(1, &["/d#th", "/e#her", "2 errors"]);
}

#[test]
fn what_is_broken_is_told_each_time() {
    let elsewhere = Elsewhere::start();
    let site = elsewhere.linked(&["/fine", "/gone", "/page#nowhere"]);
    for _ in 0..2 {
        site.run(&["check", "--external"]).fails(
            1,
            &[
                "/gone`: it answers 404",
                "has no anchor `nowhere`",
                "it stands in index.html",
                "2 errors",
            ],
        );
    }
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    site.write("content/_index.md", format!("[x](http://{nobody}/)"));
    site.run(&["check", "--external"])
        .fails(1, &["no answer: "]);
}

#[test]
fn the_link_checker_says_what_is_asked_and_how_much_it_matters() {
    let elsewhere = Elsewhere::start();
    let address = elsewhere.address;
    let site = elsewhere.linked(&["/skipped/a", "/page#nowhere", "/gone"]);
    site.write(
        "content/site.toml",
        format!(
            "base_url = 'https://a.example'\n[link_checker]\nskip_prefixes = ['http://{address}/skipped']\n\
             skip_anchor_prefixes = ['http://{address}/page']\nexternal_level = 'warn'\n"
        ),
    );
    let outcome = site.run(&["check", "--external"]).succeeds();
    assert!(
        outcome.stderr.contains("warning: broken external link"),
        "{}",
        outcome.stderr
    );
    assert!(!outcome.stderr.contains("nowhere"), "{}", outcome.stderr);
    assert!(
        elsewhere
            .asked()
            .iter()
            .all(|asked| !asked.contains("skipped"))
    );
}

#[test]
fn an_address_that_begins_like_the_sites_own_is_asked_for() {
    let elsewhere = Elsewhere::start();
    let site = elsewhere.linked(&["/fine"]);
    let host = elsewhere.address.ip();
    // The origin that is the site's own is the beginning of the other one, which has a port.
    site.write(
        "content/site.toml",
        format!("base_url = 'http://{host}'\n[markdown]\nexternal_links_target_blank = true\n"),
    );
    site.run(&["check", "--external"]).succeeds();
    assert_eq!(elsewhere.asked(), ["HEAD /fine"]);
    site.builds().has("index.html", "target=\"_blank\"");
}

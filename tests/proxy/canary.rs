//! Secrets that would be recognised go through every flow while the program is asked to say all it
//! can; none of them comes out where it must not: in a log of either shape, an error, a metric, what a
//! command prints, what the system shows of the process, or an answer to somebody else.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use fake_spotify::{Decision, Effect, Endpoint, Fault, Settings};

use crate::captcha::{Verifier, verification};
use crate::harness::process::{Bench, Running, admin, header, send};
use crate::harness::wire::Ask;
use crate::harness::{HOST, ORIGIN};

/// What strangers and the provider say begins so.
const CANARY: &str = "canary-";

/// A running program and all that was heard of it.
struct Cage {
    bench: Bench,
    running: Running,
    socket: PathBuf,
    secrets: Vec<String>,
    heard: Vec<String>,
}

impl Cage {
    async fn new(verifier: &Verifier, log_format: &str) -> Self {
        let bench = Bench::new().await;
        bench.spotify.turn(|knobs| {
            knobs.rotate = true;
            knobs.token_lifetime = 1;
        });
        fs::write(bench.file("captcha"), "canary-captcha-secret").unwrap();
        let socket = bench.file("admin");
        let mut command = bench.command();
        command
            .env("RUST_LOG", "trace")
            .env("SPOTIFINFO_LOG_FORMAT", log_format)
            .env(
                "SPOTIFINFO_ADMIN_LISTEN",
                format!("unix:{}", socket.display()),
            )
            .env("SPOTIFINFO_RECAPTCHA_SECRET_FILE", bench.file("captcha"))
            .env("SPOTIFINFO_RECAPTCHA_VERIFY_URL", &verifier.url);
        let keys = fs::read_to_string(bench.file("keys")).unwrap();
        let master = keys.trim_end().rsplit(' ').next().unwrap().to_owned();
        assert_eq!(master.len(), 43, "a master key");
        Self {
            running: Running::start(&mut command),
            secrets: vec![CANARY.to_owned(), Settings::default().client_secret, master],
            heard: Vec::new(),
            bench,
            socket,
        }
    }

    async fn ask(&self, ask: Ask) -> String {
        send(self.running.address, &ask).await.unwrap()
    }

    /// Hears an answer, all but what its receiver alone may know.
    fn hear(&mut self, answer: &str, own: &[&str]) {
        let mut rest = answer.to_owned();
        for own in own {
            assert!(rest.contains(own), "{own} should be in: {rest}");
            rest = rest.replace(own, "");
        }
        self.heard.push(rest);
    }

    /// The whole way in. Gives the session's cookie.
    async fn log_in(&mut self) -> String {
        let ask = Ask::navigation("/api/login?return_to=/", "same-origin");
        let answer = self.ask(ask).await;
        let authorize = header(&answer, "location").unwrap().to_owned();
        let login = cookie(&answer, "login-0=");
        let callback = self.bench.spotify.visit(&authorize, Decision::Approve);
        let callback = callback.unwrap();
        let (target, query) = callback
            .strip_prefix(ORIGIN)
            .unwrap()
            .split_once('?')
            .unwrap();
        let values: Vec<&str> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(_, value)| value)
            .collect();
        let [code, state] = values[..] else {
            panic!("{query}");
        };
        self.hear(&answer, &[&login, state]);
        let target = format!("{target}?{query}");
        let ask = Ask::navigation(&target, "cross-site").cookies(&login);
        let answer = self.ask(ask).await;
        let session = cookie(&answer, "state=");
        self.hear(&answer, &[&session]);
        let sealed = login.rsplit('.').next().unwrap();
        let parts: Vec<&str> = session.split('.').collect();
        for secret in [code, state, sealed, parts[2], parts[4]] {
            assert!(secret.len() > 20, "{secret} would be found anywhere");
            self.secrets.push(secret.to_owned());
        }
        session
    }

    /// Every kind of answer to a request for a token, each to a visitor of its own; a success
    /// between two failures keeps the provider from being left alone.
    async fn every_token(&mut self, session: &str) {
        let refusal = r#"{"error":"canary-error","error_description":"canary-text"}"#;
        for effect in [
            Effect::Malformed,
            Effect::NoToken,
            Effect::WrongType,
            Effect::Redirect {
                to: "http://127.0.0.1:1/canary-redirect".to_owned(),
            },
            Effect::Status {
                status: 400,
                retry_after: None,
                body: Some(refusal.to_owned()),
                without_cors: false,
            },
            Effect::Close,
        ] {
            let other = self.log_in().await;
            // Until the tokens from before are no longer good.
            tokio::time::sleep(Duration::from_millis(600)).await;
            let asked = self.bench.spotify.count(Endpoint::Refresh);
            let fault = Fault::new(Endpoint::Refresh, effect);
            self.bench.spotify.inject(fault.times(1));
            self.token(&other).await;
            self.token(session).await;
            let asked = self.bench.spotify.count(Endpoint::Refresh) - asked;
            assert_eq!(asked, 2, "the failure and the success");
        }
        self.secrets.extend(self.bench.spotify.refresh_tokens());
    }

    async fn token(&mut self, session: &str) {
        self.secrets.extend(self.bench.spotify.refresh_tokens());
        let ask = Ask::script("POST", "/api/token").cookies(session);
        let answer = self
            .ask(ask.json("{\"recaptcha_token\":\"canary-captcha\"}"))
            .await;
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        match json["access_token"].as_str() {
            Some(access) => {
                self.secrets.push(access.to_owned());
                self.hear(&answer, &[access]);
            }
            None => self.hear(&answer, &[]),
        }
    }

    /// What a visitor does besides.
    async fn use_rights(&mut self, session: &str) {
        for ask in [
            Ask::script("GET", "/api/session?download=canary-query"),
            Ask::script("PATCH", "/api/session").json("{\"restricted\":true,\"x\":\"canary-x\"}"),
            Ask::script("PATCH", "/api/session").json("{\"restricted\":\"canary-value\"}"),
            Ask::script("POST", "/api/token").json("{\"recaptcha_token\":\"canary-again\"}"),
        ] {
            let answer = self.ask(ask.cookies(session)).await;
            self.hear(&answer, &[]);
        }
    }

    /// Requests that bring secrets of their own.
    async fn bring_canaries(&mut self) {
        let cookies = "state=canary-a; login-0=canary-b; other=canary-c";
        for target in [
            "/api/callback?code=canary-code&state=canary-state",
            "/api/callback?code=canary-code&state=canary-state&iss=canary-issuer",
            "/api/callback?error=canary-error&error_description=canary-text&state=canary-state",
            "/api/callback?code=canary-code&code=canary-code",
            "/api/login?return_to=//canary-return",
            "/api/nowhere?canary-query",
        ] {
            let ask = Ask::navigation(target, "none")
                .header("Authorization", "Bearer canary-bearer")
                .header("Referer", "https://music.example.com/?canary-referrer")
                .header("X-Canary", "canary-header");
            let answer = self.ask(ask.cookies(cookies)).await;
            self.hear(&answer, &[]);
        }
        for ask in [
            Ask::script("POST", "/api/token").cookies("state=canary-d; state=canary-e"),
            Ask::script("POST", "/api/token").json("canary-body"),
            Ask::script("POST", "/api/token").replace("Origin", "https://canary-origin.example"),
            Ask::script("DELETE", "/api/session").cookies("state=v1.canary-f"),
            // A foreign host is told to the operator, once.
            Ask::new("GET", "/api/session").replace("Host", "foreign.example"),
            Ask::new(
                "GET",
                &format!("/api/session?{}", "canary-long".repeat(500)),
            ),
        ] {
            let answer = self.ask(ask).await;
            self.hear(&answer, &[]);
        }
    }

    /// What an operator and the system see.
    async fn look_from_outside(&mut self) {
        let listed = self.bench.run(&["sessions", "list"]);
        let listed = String::from_utf8(listed.stdout).unwrap();
        let reference = listed.split(' ').next().unwrap().to_owned();
        self.heard.push(listed);
        for arguments in [
            &["check"][..],
            &["keys", "list"],
            &["inventory"],
            &["sessions", "show", &reference],
            &["sessions", "export", &reference],
            &["sessions", "rekey"],
            &["--session-ttl", "canary-slip", "check"],
        ] {
            let output = self.bench.run(arguments);
            self.heard.push(String::from_utf8(output.stdout).unwrap());
            let errors = String::from_utf8(output.stderr).unwrap();
            self.heard.push(errors.replace("canary-slip", ""));
        }
        for target in ["/metrics", "/readyz", "/canary?canary-admin"] {
            let answer = admin(&self.socket, target).await;
            self.heard.push(answer);
        }
        // Core files and process lists are named after these.
        for name in ["cmdline", "comm", "environ"] {
            let process = format!("/proc/{}/{name}", self.running.id());
            let shown = fs::read(process).unwrap();
            self.heard
                .push(String::from_utf8_lossy(&shown).into_owned());
        }
    }

    /// Ends the program, and takes what it has written down.
    fn end(mut self) -> (Vec<String>, Vec<String>) {
        self.running.signal("TERM");
        assert!(self.running.wait().success());
        let told = self.running.told();
        assert!(told.contains("TRACE"), "it was asked to say all: {told}");
        let log = fs::read_to_string(self.bench.file("access.log")).unwrap();
        assert!(log.contains("/api/nowhere"), "{log}");
        let audit = fs::read_to_string(self.bench.file("sessions.db.audit")).unwrap();
        self.heard.extend([told, log, audit]);
        (self.secrets, self.heard)
    }
}

/// A cookie that an answer sets, as it is sent back.
fn cookie(answer: &str, name: &str) -> String {
    let found = answer.lines().find_map(|line| {
        let (_, value) = line.split_once(": ")?;
        value
            .starts_with(name)
            .then(|| value.split(';').next().unwrap())
    });
    found
        .unwrap_or_else(|| panic!("no {name} in {answer}"))
        .to_owned()
}

async fn check(log_format: &str) {
    let verifier = Verifier::start().await;
    verifier.says(&verification("0.9", "token", HOST, 5));
    let mut cage = Cage::new(&verifier, log_format).await;
    let session = cage.log_in().await;
    cage.every_token(&session).await;
    cage.use_rights(&session).await;
    cage.bring_canaries().await;
    cage.look_from_outside().await;
    let erase = Ask::script("DELETE", "/api/session").cookies(&session);
    let answer = cage.ask(erase).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    cage.hear(&answer, &[]);
    let (secrets, heard) = cage.end();
    assert!(secrets.len() > 10, "{secrets:?}");
    for secret in &secrets {
        for text in &heard {
            let at = text.find(secret.as_str());
            let around = at.map(|at| &text[at.saturating_sub(300)..]);
            assert!(at.is_none(), "{secret} is in: {around:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_comes_out_where_it_must_not_in_text() {
    check("text").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_comes_out_where_it_must_not_in_json() {
    check("json").await;
}

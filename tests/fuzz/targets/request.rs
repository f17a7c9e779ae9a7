//! Requests of strangers, byte by byte: request line, headers, parameters and body go through the
//! whole proxy, and nothing panics or is a failure of ours but the provider, which is not there.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use proxy::clock::Clock;
use proxy::config::Config;
use proxy::config::flags::Settings;
use proxy::cookie::Cookies;
use proxy::cookie::id::SessionId;
use proxy::guard::Guard;
use proxy::handlers::App;
use proxy::keys::{Keys, file};
use proxy::metrics::Metrics;
use proxy::provider::Provider;
use proxy::secret::Secret;
use proxy::store::{NewSession, Store};
use proxy::tasks::Tasks;
use proxy::tokens::Tokens;
use proxy::guard::exchanges::Exchanges;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// Stands in a request for the cookies of somebody who is logged in and about to log in.
const COOKIES: u8 = 1;

struct Bench {
    runtime: Runtime,
    app: Arc<App>,
    cookies: String,
    _folder: TempDir,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("secret"), "secret").expect("written");
    let flags = [
        ("public-origin", "https://music.example.com".to_owned()),
        ("authorize-url", "https://music.example.com/a".to_owned()),
        ("token-url", "http://127.0.0.1:9/t".to_owned()),
        ("client-id", "client".to_owned()),
        ("client-secret-file", path("secret")),
        ("db", path("db")),
        ("keys-file", path("keys")),
        ("rate-limit", "1000000".to_owned()),
    ];
    let config = Config::from_settings(&Settings::gather(flags, [])).expect("a configuration");
    let clock = Clock::system();
    file::generate(&config.keys_file, clock.today()).expect("generated");
    let keys = Keys::load(&config.keys_file).expect("keys");
    let app = runtime.block_on(async { app(&config, keys, &clock) });
    let id = SessionId::from_bytes([7; 32]);
    let insertion = app.store.insert(NewSession {
        id: id.hash(),
        refresh_token: Secret::new("precious".to_owned()),
        scopes: "one two".to_owned(),
        replaces: Vec::new(),
    });
    runtime.block_on(insertion).expect("inserted");
    let session = app.cookies.set_session(&id);
    let none = hyper::HeaderMap::new();
    let (_, login) = app.cookies.begin(&none, "/", None).expect("begun");
    let pair = |header: &hyper::header::HeaderValue| {
        let text = header.to_str().expect("text");
        text.split(';').next().unwrap_or(text).to_owned()
    };
    Bench {
        runtime,
        app: Arc::new(app),
        cookies: format!("{}; {}", pair(&session), pair(&login)),
        _folder: folder,
    }
});

fn app(config: &Config, keys: Keys, clock: &Clock) -> App {
    let metrics = Arc::new(Metrics::default());
    let store = Store::open(&config.store, keys.clone(), clock.clone()).expect("a store");
    let provider = Provider::new(config.provider.clone(), config.redirect_uri());
    let provider = Arc::new(provider.expect("a provider"));
    let tasks = Tasks::default();
    App {
        site_origin: config.site_origin.clone(),
        guard: Guard::new(config),
        cookies: Cookies::new(&config.cookie_name, 180, keys, clock.clone()),
        store: store.clone(),
        tokens: Tokens::new(
            Arc::clone(&provider),
            store,
            clock.clone(),
            Arc::clone(&metrics),
            tasks.clone(),
        ),
        provider,
        exchanges: Exchanges::new(config.rate_limit),
        captcha: None,
        tasks,
        metrics,
        clock: clock.clone(),
    }
}

async fn converse(app: &Arc<App>, bytes: &[u8]) -> Vec<u8> {
    let (mut here, there) = tokio::io::duplex(256 * 1024);
    let service = service_fn(|request: Request<Incoming>| async {
        let answer = app.answer(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        assert_ne!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        Ok::<_, std::convert::Infallible>(answer)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(there), service);
    let client = async {
        let _ = here.write_all(bytes).await;
        let _ = here.shutdown().await;
        let mut answer = Vec::new();
        let _ = here.read_to_end(&mut answer).await;
        answer
    };
    let both = async { tokio::join!(connection, client).1 };
    timeout(Duration::from_secs(30), both)
        .await
        .expect("an end within half a minute")
}

fuzz_target!(|data: &[u8]| {
    let bench = &*BENCH;
    let mut bytes = Vec::with_capacity(data.len());
    for byte in data {
        match *byte {
            COOKIES => bytes.extend_from_slice(bench.cookies.as_bytes()),
            byte => bytes.push(byte),
        }
    }
    let answer = bench.runtime.block_on(converse(&bench.app, &bytes));
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1."),
        "no HTTP"
    );
});

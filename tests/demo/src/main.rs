//! The whole system on loopback, without an account: the site is built for this machine, the auth
//! proxy starts with a throw-away database and keys, and a stand-in takes Spotify's place.
//!
//! Site and proxy share one origin, as they do behind a CDN; the stand-in is another site to the
//! browser (`localhost` beside `127.0.0.1`). Whatever ends the demo also removes its files.

mod files;
mod site;

use std::process::ExitCode;

use clap::Parser;
use fake_spotify::{FakeSpotify, Knobs, Settings, StartError};
use generator::serve::{self, Api, DevServer};
use proxy::setup::Setup;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::files::Files;

/// The whole system on loopback, without an account.
#[derive(Parser)]
struct Arguments {
    /// The port of the site.
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// The port of the stand-in for Spotify.
    #[arg(long, default_value_t = 4002)]
    spotify_port: u16,
    /// The port that controls the stand-in.
    #[arg(long, default_value_t = 4003)]
    control_port: u16,
    /// Seconds that an access token lives.
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    token_lifetime: u64,
    /// Every refresh replaces the refresh token.
    #[arg(long)]
    rotate: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start threads: {error}")),
    };
    match runtime.block_on(demonstrate(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &str) -> ExitCode {
    eprintln!("demo: {error}");
    ExitCode::FAILURE
}

async fn demonstrate(arguments: &Arguments) -> Result<(), String> {
    let listener = listen("--port", arguments.port).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let origin = format!("http://{address}");
    let spotify = stand_in(arguments, &origin).await?;
    let files = Files::make(&Settings::default().client_secret)?;
    let proxy_listener = listen("a free port", 0).await?;
    let api = proxy_listener
        .local_addr()
        .map_err(|error| error.to_string())?;
    let site = site::build(&origin, &spotify.origin()).await?;
    let api = Api::new(&format!("http://{api}")).map_err(|error| error.to_string())?;
    let server = DevServer {
        site: site.into(),
        api: Some(api),
    };
    let (stop, stopped) = watch::channel(());
    let front = serve::run(listener, server, until_dropped(stopped.clone()));
    let setup = setup(&files, &origin, &spotify)?;
    let proxy = proxy::run(proxy_listener, setup, until_dropped(stopped));
    tell(&origin, &spotify);
    let work = async {
        tokio::try_join!(
            async {
                front
                    .await
                    .map_err(|error| format!("the site's server: {error}"))
            },
            async {
                proxy
                    .await
                    .map_err(|error| format!("the auth proxy: {error}"))
            },
        )
    };
    let wait = async {
        let asked = told_to_stop().await;
        drop(stop);
        asked
    };
    tokio::try_join!(work, wait).map(drop)
}

async fn listen(flag: &str, port: u16) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    listener.map_err(|error| format!("cannot listen on 127.0.0.1:{port}: {error}; see {flag}"))
}

async fn stand_in(arguments: &Arguments, origin: &str) -> Result<FakeSpotify, String> {
    let settings = Settings {
        redirect_uris: vec![format!("{origin}/api/callback")],
        port: arguments.spotify_port,
        control_port: arguments.control_port,
        knobs: Knobs {
            token_lifetime: arguments.token_lifetime,
            rotate: arguments.rotate,
            ..Knobs::default()
        },
        ..Settings::default()
    };
    let started = FakeSpotify::start(settings).await;
    started.map_err(|error| match error {
        StartError::Port(error) => format!("the stand-in for Spotify: {error}; see --spotify-port"),
        StartError::ControlPort(error) => {
            format!("the stand-in's control: {error}; see --control-port")
        }
        StartError::RedirectUri(_) => format!("the stand-in for Spotify: {error}"),
    })
}

fn setup(files: &Files, origin: &str, spotify: &FakeSpotify) -> Result<Setup, String> {
    let given = [
        ("public-origin", origin.to_owned()),
        ("authorize-url", spotify.authorize_url()),
        ("token-url", spotify.token_url()),
        ("client-id", Settings::default().client_id),
        ("client-secret-file", files.client_secret()),
        ("db", files.database()),
        ("keys-file", files.keys()),
        ("access-log", "off".to_owned()),
        ("drain", "1s".to_owned()),
    ];
    let settings = proxy::config::flags::Settings::gather(given, []);
    Setup::look(&settings).map_err(|errors| errors.to_string())
}

fn tell(origin: &str, spotify: &FakeSpotify) {
    println!("Site: {origin}/");
    println!("Spotify stand-in: {}/", spotify.origin());
    println!("Control: {}", spotify.control_url());
    println!("Open the site and log in: the stand-in asks, and everyone is the same invented");
    println!("listener. tests/fake-spotify/README.md tells what can be made to happen.");
    println!("Ctrl-C ends it and leaves nothing behind.");
}

async fn until_dropped(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

/// Waits for Ctrl-C or a request to terminate.
async fn told_to_stop() -> Result<(), String> {
    let cannot = |error| format!("cannot wait for signals: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.map_err(cannot),
        _ = terminate.recv() => Ok(()),
    }
}

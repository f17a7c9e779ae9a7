//! The stand-in as a program of its own: prints its addresses and runs until Ctrl-C.

use std::process::ExitCode;

use clap::Parser;
use fake_spotify::{FakeSpotify, Knobs, Settings};

/// A stand-in for Spotify, on loopback.
#[derive(Parser)]
struct Arguments {
    /// Where browsers see it, where another server stands in front, as https://HOST.
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// The port of the pages, the token endpoint and the Web API.
    #[arg(long, default_value_t = 4002)]
    port: u16,
    /// The port of the control address.
    #[arg(long, default_value_t = 4003)]
    control_port: u16,
    /// Where visitors may be sent back to; may be given several times.
    #[arg(long, default_value = "http://127.0.0.1:4000/api/callback")]
    redirect_uri: Vec<String>,
    /// Seconds that an access token lives.
    #[arg(long, default_value_t = 3600)]
    token_lifetime: u64,
    /// Every refresh replaces the refresh token.
    #[arg(long)]
    rotate: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings {
        redirect_uris: arguments.redirect_uri,
        origin: arguments.origin,
        port: arguments.port,
        control_port: arguments.control_port,
        knobs: Knobs {
            token_lifetime: arguments.token_lifetime,
            rotate: arguments.rotate,
            ..Knobs::default()
        },
        ..Settings::default()
    };
    let (id, secret) = (settings.client_id.clone(), settings.client_secret.clone());
    let fake = match FakeSpotify::start(settings).await {
        Ok(fake) => fake,
        Err(error) => {
            eprintln!("fake-spotify: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Spotify stand-in: {}/", fake.origin());
    println!("Control: {}", fake.control_url());
    println!("Client: {id}");
    println!("Client secret: {secret}");
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("fake-spotify: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

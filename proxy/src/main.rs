//! `spotifinfo-proxy`: arguments and environment → configuration → bind → open → listen → serve.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command as Cli};
use proxy::Ready;
use proxy::clock::Clock;
use proxy::commands::sessions::SessionsCommand;
use proxy::commands::{self, Command, CommandError};
use proxy::config::Config;
use proxy::config::flags::{FLAGS, Flag, Settings};
use proxy::ending::CODES;
use proxy::operational_log::OperationalLog;
use proxy::setup::{Setup, StartError, StartErrors};
use tokio::net::TcpSocket;
use tokio::signal::unix::{Signal, SignalKind, signal};

const ABOUT: &str = "OAuth login, token refresh and signed-cookie state for a static site";
const ENVIRONMENT: &str = "Each flag can also be set in the environment, as SPOTIFINFO_ and its name in capitals: \
                           --rate-limit as SPOTIFINFO_RATE_LIMIT. The command line takes precedence. RUST_LOG sets how much \
                           is logged.";
/// How many of the files that may be open are kept back from clients: for the database, the logs,
/// the provider, and clients that are being turned away.
const KEPT_FILES: usize = 192;
/// How many connections may wait in the system's queue to be accepted.
const BACKLOG: u32 = 4096;
/// How long the shutdown waits for threads that are still busy.
const LEAVE: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let matches = cli().get_matches();
    let settings = Settings::gather(given(&matches), environment());
    let result = match command(&matches) {
        None => serve(&settings).map_err(CommandError::from),
        Some(command) => commands::run(
            &command,
            &settings,
            &Clock::system(),
            &mut io::stdout().lock(),
        ),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                say(&format!("error: {line}"));
            }
            ExitCode::from(error.ending().code())
        }
    }
}

fn serve(settings: &Settings) -> Result<(), StartErrors> {
    let mut setup = Setup::look(settings)?;
    let log = OperationalLog::start(setup.config.log_format);
    let _log = log.map_err(StartError::OperationalLog)?;
    fit_into_open_files(&mut setup.config);
    let threads = setup.config.threads;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| StartError::Threads { threads, error })?;
    let result = runtime.block_on(run(setup));
    // The lookup of a name cannot be cancelled, and one may still be under way.
    runtime.shutdown_timeout(LEAVE);
    Ok(result?)
}

/// Takes the port before anything is opened, and announces it once everything is open: whoever
/// reads the line can send requests.
async fn run(setup: Setup) -> Result<(), StartError> {
    let shutdown = Shutdown::new().map_err(StartError::Signals)?;
    let address = setup.config.listen;
    let no_port = |error| StartError::Listen { address, error };
    let socket = bind(address).map_err(no_port)?;
    let ready = Ready::open(setup, Clock::system()).await?;
    let listener = socket.listen(BACKLOG).map_err(no_port)?;
    let bound = listener.local_addr().map_err(no_port)?;
    say(&format!("Listening on http://{bound}"));
    ready.serve(listener, shutdown.asked()).await;
    Ok(())
}

fn bind(listen: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match listen {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A restart need not wait until the connections of the previous process have timed out.
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    Ok(socket)
}

/// Lowers the number of connections where the system allows fewer open files, so that the database,
/// the provider, the logs and monitoring always get theirs.
fn fit_into_open_files(config: &mut Config) {
    let Some(limit) = open_files() else {
        return;
    };
    let most = limit.saturating_sub(KEPT_FILES).max(1);
    if config.max_connections > most {
        tracing::warn!(
            limit,
            most,
            "the limit on open files allows fewer connections than --max-connections"
        );
        config.max_connections = most;
    }
}

/// How many files this process may have open (proc(5)); `None` where the system does not say.
fn open_files() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// SIGTERM and SIGINT.
struct Shutdown {
    terminate: Signal,
    interrupt: Signal,
}

impl Shutdown {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn cli() -> Cli {
    Cli::new("spotifinfo-proxy")
        .about(ABOUT)
        .after_help(format!("{ENVIRONMENT}\n\n{CODES}"))
        .disable_help_subcommand(true)
        .args(FLAGS.iter().map(argument))
        .subcommand(Cli::new("serve").about("Run the proxy (the default without a command)"))
        .subcommand(
            Cli::new("check").about("Check configuration and keys without connecting to anything"),
        )
        .subcommand(Cli::new("inventory").about("Print what is stored about visitors, as JSON"))
        .subcommand(keys_cli())
        .subcommand(sessions_cli())
}

fn keys_cli() -> Cli {
    Cli::new("keys")
        .about("Make, rotate and list the keys")
        .subcommand_required(true)
        .subcommand(
            Cli::new("generate").about("Make the key file; an existing one is never replaced"),
        )
        .subcommand(Cli::new("rotate").about("Add a key, which signs from now on"))
        .subcommand(Cli::new("list").about("List the keys' ids and dates"))
}

fn sessions_cli() -> Cli {
    let of_one = |name: &'static str, about: &'static str| {
        let reference = Arg::new("reference")
            .value_name("REFERENCE")
            .required(true)
            .help("The session's reference, as the visitor quotes it: ab12-cd34-ef56-0718");
        Cli::new(name).about(about).arg(reference)
    };
    let lift = Arg::new("lift")
        .long("lift")
        .action(ArgAction::SetTrue)
        .help("Use it again");
    Cli::new("sessions")
        .about("Show, restrict and erase sessions, also while `serve` runs")
        .subcommand_required(true)
        .subcommand(Cli::new("list").about("List all sessions, a line each"))
        .subcommand(of_one("show", "Show what is stored about a session"))
        .subcommand(of_one(
            "export",
            "Print what is stored about a session, as JSON",
        ))
        .subcommand(of_one("restrict", "Stop using a session's token").arg(lift))
        .subcommand(of_one("erase", "Delete a session and every trace of it"))
        .subcommand(Cli::new("purge").about("Delete expired sessions now"))
        .subcommand(Cli::new("rekey").about("Encrypt every token with the newest key"))
}

fn argument(flag: &Flag) -> Arg {
    let mut help = flag.help.to_owned();
    if let Some(default) = flag.default {
        help.push_str(&format!(" [default: {default}]"));
    }
    let argument = Arg::new(flag.name).long(flag.name).help(help).global(true);
    if flag.shape.is_empty() {
        argument.action(ArgAction::SetTrue)
    } else {
        argument.value_name(flag.shape)
    }
}

/// The flags that were given, with their names. clap copies global flags into every subcommand.
fn given(matches: &ArgMatches) -> Vec<(&'static str, String)> {
    let mut innermost = matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    let value = |flag: &Flag| {
        if flag.shape.is_empty() {
            return innermost.get_flag(flag.name).then(|| "true".to_owned());
        }
        innermost.get_one::<String>(flag.name).cloned()
    };
    FLAGS
        .iter()
        .filter_map(|flag| value(flag).map(|text| (flag.name, text)))
        .collect()
}

/// The environment as text. What is not text gets replacement characters, which the check of the
/// setting then refuses.
fn environment() -> Vec<(String, String)> {
    env::vars_os()
        .map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        })
        .collect()
}

/// The command, or `None` for `serve`.
fn command(matches: &ArgMatches) -> Option<Command> {
    let (name, inner) = matches.subcommand()?;
    match (name, inner.subcommand()) {
        ("check", _) => Some(Command::Check),
        ("inventory", _) => Some(Command::Inventory),
        ("keys", Some(("generate", _))) => Some(Command::KeysGenerate),
        ("keys", Some(("rotate", _))) => Some(Command::KeysRotate),
        ("keys", _) => Some(Command::KeysList),
        ("sessions", Some((name, inner))) => Some(Command::Sessions(sessions(name, inner))),
        _ => None,
    }
}

fn sessions(name: &str, matches: &ArgMatches) -> SessionsCommand {
    let reference = || {
        let text = matches.try_get_one::<String>("reference").ok().flatten();
        text.cloned().unwrap_or_default()
    };
    match name {
        "show" => SessionsCommand::Show(reference()),
        "export" => SessionsCommand::Export(reference()),
        "restrict" if matches.get_flag("lift") => SessionsCommand::Unrestrict(reference()),
        "restrict" => SessionsCommand::Restrict(reference()),
        "erase" => SessionsCommand::Erase(reference()),
        "purge" => SessionsCommand::Purge,
        "rekey" => SessionsCommand::Rekey,
        _ => SessionsCommand::List,
    }
}

/// Writes a line to standard error. It does not matter if nobody reads it.
fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}

//! `spotifinfo-proxy`: arguments and environment → configuration → bind → open → listen → serve.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command as Cli};
use proxy::clock::Clock;
use proxy::commands::sessions::SessionsCommand;
use proxy::commands::{self, Command};
use proxy::config::Config;
use proxy::config::flags::{FLAGS, Flag, Settings};
use proxy::ending::{CODES, Ending};
use proxy::operational_log::OperationalLog;
use proxy::setup::Setup;
use proxy::{Ready, RunError};
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
        None => serve(&settings),
        Some(command) => commands::run(
            &command,
            &settings,
            &Clock::system(),
            &mut io::stdout().lock(),
        )
        .map_err(|error| Failure::new(error.ending(), error.to_string())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            for line in failure.told.lines() {
                tell(&format!("error: {line}"));
            }
            ExitCode::from(failure.ending.code())
        }
    }
}

/// Why it ends otherwise than well, and what is said about it.
struct Failure {
    ending: Ending,
    told: String,
}

impl Failure {
    fn new(ending: Ending, told: String) -> Self {
        Self { ending, told }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::new(error.ending(), error.to_string())
    }
}

fn serve(settings: &Settings) -> Result<(), Failure> {
    let setup = Setup::look(settings)
        .map_err(|errors| Failure::new(errors.ending(), errors.to_string()))?;
    let mut config = setup.config;
    let _log = OperationalLog::start(config.log_format).map_err(|error| {
        Failure::new(
            Ending::Failed,
            format!("cannot start the log's thread: {error}"),
        )
    })?;
    fit_into_open_files(&mut config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.threads)
        .enable_all()
        .build()
        .map_err(|error| {
            let threads = config.threads;
            let told = format!("cannot start {threads} threads: {error}; lower --threads");
            Failure::new(Ending::Failed, told)
        })?;
    let result = runtime.block_on(run(config));
    // A name may still be being resolved, which cannot be called off.
    runtime.shutdown_timeout(LEAVE);
    result
}

/// The port is taken before anything is opened, and announced when everything is: whoever reads
/// that it listens can rely on it.
async fn run(config: Config) -> Result<(), Failure> {
    let shutdown = Shutdown::new().map_err(RunError::Signals)?;
    let listen = config.listen;
    let socket = bind(listen).map_err(|error| no_port(listen, &error))?;
    let ready = Ready::open(config).await?;
    let listener = socket
        .listen(BACKLOG)
        .map_err(|error| no_port(listen, &error))?;
    let address = listener
        .local_addr()
        .map_err(|error| no_port(listen, &error))?;
    tell(&format!("Listening on http://{address}"));
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

fn no_port(listen: SocketAddr, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => "; another program listens there, choose another port or 0",
        io::ErrorKind::PermissionDenied => {
            "; ports below 1024 need a privilege, choose a higher one"
        }
        io::ErrorKind::AddrNotAvailable => "; this machine does not have the address",
        _ => "",
    };
    let told = format!("--listen {listen}: {error}{remedy}");
    Failure::new(Ending::Unavailable, told)
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
fn tell(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}

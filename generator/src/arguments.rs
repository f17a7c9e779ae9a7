//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use generator::build::BuildOptions;
use generator::config::{Overrides, VARIABLE_PREFIX};
use generator::deploy::Server;
use generator::diag::Diagnostic;
use generator::path::SourcePath;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Builds a static site: content/ and themes/ in, plain files for any CDN out
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) build: BuildFlags,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build the site (what happens without a command, too)
    ///
    /// Example: spotifinfo build --base-url https://staging.example --drafts
    Build(BuildFlags),
    /// Check everything that a build checks, and write nothing
    ///
    /// Example: spotifinfo check --external
    Check {
        #[command(flatten)]
        flags: BuildFlags,
        /// Ask for the links that leave the site, too; answers are remembered for a day
        #[arg(long)]
        external: bool,
    },
    /// Make a small working site on the theme `plain`
    ///
    /// Example: spotifinfo init my-site
    Init {
        /// A folder that is new or empty
        folder: PathBuf,
    },
    /// Make a page or a section, with its front matter
    ///
    /// Example: spotifinfo new posts/hello.md
    New {
        /// The file below content/; a section is FOLDER/_index.md
        path: String,
        /// The folder in which content/ and themes/ lie
        #[arg(long, default_value = ".")]
        root: PathBuf,
    },
    /// Tell which inputs an output file is made from
    ///
    /// Example: spotifinfo explain privacy/index.html
    Explain {
        /// The file, as it lies in the output folder
        path: String,
        #[command(flatten)]
        flags: BuildFlags,
    },
    /// Serve the site while you write: rebuilds and reloads the browser when a file changes
    ///
    /// Example: spotifinfo serve --api http://127.0.0.1:8080
    Serve(ServeFlags),
    /// Print completions for a shell
    ///
    /// Example: spotifinfo completions bash > ~/.local/share/bash-completion/completions/spotifinfo
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The format of diagnostics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Text,
    Json,
}

/// A server, as the command line names it.
#[derive(Clone, Copy, ValueEnum)]
enum Emit {
    Nginx,
    Caddy,
}

impl From<Emit> for Server {
    fn from(emit: Emit) -> Self {
        match emit {
            Emit::Nginx => Self::Nginx,
            Emit::Caddy => Self::Caddy,
        }
    }
}

#[derive(Args)]
pub(crate) struct BuildFlags {
    /// The folder in which content/ and themes/ lie
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// The configuration file, below the root
    #[arg(long, default_value = "content/site.toml")]
    config: String,
    /// The output folder; a relative one is below the root
    #[arg(long, default_value = "dist")]
    out: PathBuf,
    /// Use this theme instead of the configured ones
    #[arg(long)]
    theme: Option<String>,
    /// Build for this address instead of the configured one
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Drafts too
    #[arg(long)]
    drafts: bool,
    /// Pages dated in the future too
    #[arg(long)]
    future: bool,
    /// What counts as today, as YYYY-MM-DD [default: SOURCE_DATE_EPOCH, else today in UTC]
    #[arg(long, value_name = "DATE")]
    now: Option<String>,
    /// Write the headers and redirects for these servers too
    #[arg(long, value_name = "SERVER", value_delimiter = ',')]
    emit: Vec<Emit>,
    /// Write compressed twins (.br, .gz) beside the files
    #[arg(long)]
    compress: bool,
    /// How many threads [default: one for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Build twice with different threads first, and fail where the results differ
    #[arg(long)]
    pub(crate) verify: bool,
    /// Unknown keys are warnings, for a site that is moving over
    #[arg(long)]
    lenient: bool,
    /// Diagnostics as lines of JSON on stdout
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct ServeFlags {
    #[command(flatten)]
    pub(crate) build: BuildFlags,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    pub(crate) listen: SocketAddr,
    /// The auth proxy that answers /api/*
    #[arg(long, value_name = "URL")]
    pub(crate) api: Option<String>,
    /// Look for changes twice a second, for disks that do not tell of them
    #[arg(long)]
    pub(crate) poll: bool,
    /// Open the site in a browser
    #[arg(long)]
    pub(crate) open: bool,
}

impl BuildFlags {
    pub(crate) fn look(&self) -> Look {
        if self.json { Look::Json } else { Look::Text }
    }

    /// Whether `--base-url` was given.
    pub(crate) fn has_base_url(&self) -> bool {
        self.base_url.is_some()
    }

    /// # Errors
    /// If a flag has a wrong value.
    pub(crate) fn options(&self) -> Result<BuildOptions, Diagnostic> {
        let config = SourcePath::new(self.config.clone()).map_err(|error| {
            Diagnostic::error(format!("--config: {error}"))
                .hint("it is below --root, like content/site.toml")
        })?;
        Ok(BuildOptions {
            out: self.root.join(&self.out),
            root: self.root.clone(),
            config,
            overrides: Overrides {
                environment: environment()?,
                base_url: self.base_url.clone(),
                theme: self.theme.clone(),
                lenient: self.lenient,
            },
            drafts: self.drafts,
            future: self.future,
            today: today(self.now.as_deref())?,
            jobs: self.jobs,
            compress: self.compress,
            emit: self.emit.iter().map(|emit| Server::from(*emit)).collect(),
        })
    }
}

/// The environment variables that set configuration keys.
///
/// # Errors
/// If one of them is not UTF-8.
fn environment() -> Result<Vec<(String, String)>, Diagnostic> {
    let names = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with(VARIABLE_PREFIX).then_some((name, value))
    });
    names
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(Diagnostic::error(format!(
                "the environment variable {name} is not UTF-8"
            ))
            .hint("set it anew, or unset it")),
        })
        .collect()
}

/// `--now`, else `SOURCE_DATE_EPOCH` (reproducible-builds.org), else today, in UTC.
pub(crate) fn today(now: Option<&str>) -> Result<Date, Diagnostic> {
    let moment = match (now, std::env::var("SOURCE_DATE_EPOCH").ok()) {
        (Some(now), _) => {
            return now.parse().map_err(|_| {
                Diagnostic::error(format!("--now is not a date: {now}"))
                    .hint("write it as 2024-01-31")
            });
        }
        (None, Some(epoch)) => epoch
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or_else(|| {
                Diagnostic::error(format!(
                    "SOURCE_DATE_EPOCH is not a number of seconds: {epoch}"
                ))
                .hint("unset it, or set it to seconds since 1970")
            })?,
        (None, None) => Timestamp::now(),
    };
    Ok(moment.to_zoned_datetime(TimeZone::UTC).date())
}

//! The `serve` command.

use std::io;
use std::net::SocketAddr;
use std::process::{Command, ExitCode, Stdio};

use generator::build::BuildOptions;
use generator::diag::Diagnostic;
use generator::load::SOURCE_FOLDERS;
use generator::serve::{self, Api, Event};
use tokio::signal;

use crate::arguments::{Look, ServeFlags};
use crate::{failed, prepare, tell, usage};

/// The exit code for a server that could not start; its reason is printed already.
pub(crate) struct Stopped(ExitCode);

impl From<Stopped> for ExitCode {
    fn from(stopped: Stopped) -> Self {
        stopped.0
    }
}

/// Serves until Ctrl-C.
pub(crate) fn serve(flags: &ServeFlags) -> Result<(), Stopped> {
    prepare(
        flags.build.look(),
        "the server ends, since nothing else ends the template",
    );
    let wrong_usage = |error: &Diagnostic| Stopped(usage(error));
    let options = flags.build.options().map_err(|error| wrong_usage(&error))?;
    let api = flags.api.as_deref().map(Api::new).transpose();
    let api = api.map_err(|error| wrong_usage(&Diagnostic::error(format!("--api: {error}"))))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| refused(&error))?;
    runtime.block_on(develop(flags, options, api))
}

async fn develop(
    flags: &ServeFlags,
    mut options: BuildOptions,
    api: Option<Api>,
) -> Result<(), Stopped> {
    let listener = serve::listen(flags.listen)
        .await
        .map_err(|error| refused(&error))?;
    let bound = listener.local_addr().map_err(|error| refused(&error))?;
    if !flags.build.has_base_url() {
        options.overrides.base_url = Some(format!("http://{bound}"));
    }
    let mut sources = SOURCE_FOLDERS.map(|name| options.root.join(name)).to_vec();
    sources.push(options.config.below(&options.root));
    let watching = serve::watch(&sources, flags.poll)
        .map_err(|error| refused(&io::Error::other(error.to_string())))?;
    println!("Serving on http://{bound}/ (Ctrl-C stops)");
    if flags.open {
        open(bound);
    }
    let look = flags.build.look();
    let tell = move |news: Event<'_>| report(&news, look);
    let stop = async {
        let _ = signal::ctrl_c().await;
    };
    serve::develop(options, listener, api, watching, tell, stop)
        .await
        .map_err(|error| refused(&error))
}

fn report(news: &Event<'_>, look: Look) {
    match news {
        Event::Rebuilt(differing, milliseconds) => {
            println!("built in {milliseconds} ms, {differing} files differ");
        }
        Event::Warnings(warnings) => tell(warnings, look),
        Event::Broken(failure) => {
            let _ = failed(failure, look);
        }
    }
}

fn refused(error: &io::Error) -> Stopped {
    tell(&[Diagnostic::error(error.to_string())], Look::Text);
    Stopped(ExitCode::from(3))
}

/// Opens a browser. If there is none, the server runs all the same.
fn open(bound: SocketAddr) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let asked = Command::new(opener)
        .arg(format!("http://{bound}/"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if asked.is_err() {
        eprintln!("no browser could be opened: `{opener}` is missing");
    }
}

//! Runs the development server: builds, serves, and builds again when something changes.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::task;

use super::{Api, DevServer, LiveSite, Snapshot, Watching, run};
use crate::build::{BuildOptions, Failure, Product, Workshop};
use crate::diag::Diagnostic;
use crate::load::Changes;

/// Something to report on the terminal.
#[derive(Debug)]
pub enum Event<'a> {
    /// The site was rebuilt: how many of its files differ, and how many milliseconds it took.
    Rebuilt(usize, u128),
    /// A build failed. The last good one is still served.
    Broken(&'a Failure),
    /// A build had warnings.
    Warnings(&'a [Diagnostic]),
}

/// Builds the site of `options`, serves it on `listener` until `shutdown`, and builds again
/// whenever `watching` notices a change. If the first build fails, an empty site is served that
/// shows the mistakes, until a change mends it.
///
/// # Errors
/// If the listener fails.
pub async fn develop(
    options: BuildOptions,
    listener: TcpListener,
    api: Option<Api>,
    watching: Watching,
    tell: impl Fn(Event<'_>) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let site = Arc::new(LiveSite::watched(Snapshot::default()));
    let mut builder = Builder {
        workshop: Workshop::new(options.clone()),
        options,
        site: Arc::clone(&site),
        tell,
    };
    builder = builder.rebuild(Changes::Anything).await;
    let rebuilding = task::spawn(builder.keep_building(watching));
    let outcome = run(listener, DevServer { site, api }, shutdown).await;
    rebuilding.abort();
    outcome
}

/// Rebuilds the site and reports the results.
struct Builder<T> {
    options: BuildOptions,
    workshop: Workshop,
    site: Arc<LiveSite>,
    tell: T,
}

impl<T: Fn(Event<'_>)> Builder<T> {
    async fn keep_building(mut self, mut watching: Watching) {
        while let Some(changes) = watching.changed().await {
            self = self.rebuild(changes).await;
        }
    }

    async fn rebuild(self, changes: Changes) -> Self {
        let started = Instant::now();
        let Self {
            options,
            mut workshop,
            site,
            tell,
        } = self;
        let built = task::spawn_blocking(move || {
            let built = workshop.build(changes);
            let built =
                built.map(|Product { outputs, warnings }| (Snapshot::new(outputs), warnings));
            (workshop, built)
        });
        let workshop = match built.await {
            Ok((workshop, built)) => {
                match built {
                    Ok((snapshot, warnings)) => {
                        let differing = site.replace(snapshot);
                        tell(Event::Warnings(&warnings));
                        tell(Event::Rebuilt(differing, started.elapsed().as_millis()));
                    }
                    Err(failure) => {
                        site.broken(failure.diagnostics());
                        tell(Event::Broken(&failure));
                    }
                }
                workshop
            }
            Err(panic) => {
                let diagnostic = Diagnostic::error(format!("the build panicked: {panic}")).hint(
                    "this is a mistake in the generator; the last good build is still served",
                );
                site.broken(std::slice::from_ref(&diagnostic));
                tell(Event::Warnings(&[diagnostic]));
                Workshop::new(options.clone())
            }
        };
        Self {
            options,
            workshop,
            site,
            tell,
        }
    }
}

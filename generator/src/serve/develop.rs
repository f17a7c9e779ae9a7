//! The development server's life: build, serve, and build again when something changes.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::task;

use super::{Api, Server, Site, Snapshot, Watching, run};
use crate::build::{BuildOptions, Failure, Product, produce};
use crate::diag::Diagnostic;

/// What the person at the terminal is told.
#[derive(Debug)]
pub enum Told<'a> {
    /// The site is there anew: how many of its files differ, and after how many milliseconds.
    Rebuilt(usize, u128),
    /// A build went wrong; the last good one is still served.
    Broken(&'a Failure),
    /// Something that does not stop a build.
    Warnings(&'a [Diagnostic]),
}

/// Serves what `options` builds on `listener` until `shutdown`, and builds anew whenever
/// `watching` notices a change. A first build that goes wrong is served as an empty site with
/// its diagnostics shown, and gets its chance with the next change.
///
/// # Errors
/// Where the listener fails.
pub async fn develop(
    options: BuildOptions,
    listener: TcpListener,
    api: Option<Api>,
    watching: Watching,
    tell: impl Fn(Told<'_>) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let site = Arc::new(Site::watched(Snapshot::default()));
    rebuild(&options, &site, &tell).await;
    let rebuilding = task::spawn(keep_building(options, Arc::clone(&site), watching, tell));
    let outcome = run(listener, Server { site, api }, shutdown).await;
    rebuilding.abort();
    outcome
}

async fn keep_building(
    options: BuildOptions,
    site: Arc<Site>,
    mut watching: Watching,
    tell: impl Fn(Told<'_>),
) {
    while watching.changed().await.is_some() {
        rebuild(&options, &site, &tell).await;
    }
}

async fn rebuild(options: &BuildOptions, site: &Site, tell: &impl Fn(Told<'_>)) {
    let started = Instant::now();
    let options = options.clone();
    let built = task::spawn_blocking(move || produce(&options)).await;
    match built {
        Ok(Ok(Product { outputs, warnings })) => {
            let differing = site.replace(Snapshot::new(outputs));
            tell(Told::Warnings(&warnings));
            tell(Told::Rebuilt(differing, started.elapsed().as_millis()));
        }
        Ok(Err(failure)) => {
            site.broken(failure.diagnostics());
            tell(Told::Broken(&failure));
        }
        Err(panic) => {
            let told = Diagnostic::error(format!("the build panicked: {panic}"))
                .hint("this is a mistake in the generator; the last good build is still served");
            site.broken(std::slice::from_ref(&told));
            tell(Told::Warnings(&[told]));
        }
    }
}

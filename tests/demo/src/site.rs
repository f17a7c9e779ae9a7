//! The site, built for this machine and held in memory.

use std::path::Path;

use generator::build::{self, BuildOptions};
use generator::config::Overrides;
use generator::path::SourcePath;
use generator::serve::{LiveSite, Snapshot};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Builds the site as it is served from `origin`, with Spotify's place taken by `spotify`.
pub(crate) async fn build(origin: &str, spotify: &str) -> Result<LiveSite, String> {
    let options = options(origin, spotify)?;
    let built = tokio::task::spawn_blocking(move || produce(&options)).await;
    built.map_err(|error| error.to_string())?
}

fn produce(options: &BuildOptions) -> Result<LiveSite, String> {
    let product = build::produce(options).map_err(|failure| {
        let told = failure.diagnostics().iter();
        let told: String = told.map(|one| one.to_terminal(false)).collect();
        format!("the site cannot be built:\n{told}")
    })?;
    Ok(LiveSite::fixed(Snapshot::new(product.outputs)))
}

fn options(origin: &str, spotify: &str) -> Result<BuildOptions, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Ok(BuildOptions {
        out: root.join("dist"),
        root,
        config: SourcePath::new("content/site.toml").map_err(|error| error.to_string())?,
        overrides: Overrides {
            environment: vec![
                variable("SITE_BASE_URL", origin),
                variable("SITE_EXTRA_WEB_API", spotify),
                variable("SITE_EXTRA_IMAGE_ORIGINS", spotify),
            ],
            ..Overrides::default()
        },
        drafts: false,
        future: false,
        today: Timestamp::now().to_zoned_datetime(TimeZone::UTC).date(),
        jobs: None,
        emit: Vec::new(),
        compress: false,
    })
}

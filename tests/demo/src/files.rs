//! The demo's files, in a temporary folder that goes when this does.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use proxy::clock::Clock;
use proxy::keys::file;
use tempfile::TempDir;

/// A fresh set of keys, the client's secret, and room for a database.
pub(crate) struct Files(TempDir);

impl Files {
    /// Makes them.
    pub(crate) fn make(client_secret: &str) -> Result<Self, String> {
        let folder = TempDir::with_prefix("spotifinfo-demo-")
            .map_err(|error| format!("cannot make a temporary folder: {error}"))?;
        let files = Self(folder);
        file::generate(
            files.0.path().join("keys").as_path(),
            Clock::system().today(),
        )
        .map_err(|error| error.to_string())?;
        let path = files.client_secret();
        fs::write(&path, client_secret)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600)))
            .map_err(|error| format!("{path}: {error}"))?;
        Ok(files)
    }

    /// The file of the client's secret.
    pub(crate) fn client_secret(&self) -> String {
        self.path("client-secret")
    }

    /// The file of keys.
    pub(crate) fn keys(&self) -> String {
        self.path("keys")
    }

    /// The database's file, made by the proxy.
    pub(crate) fn database(&self) -> String {
        self.path("sessions.db")
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

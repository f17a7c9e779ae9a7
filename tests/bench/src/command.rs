//! Commands that build, install and prepare what is measured.

use std::io;
use std::path::PathBuf;
use std::process::Command;

/// Builds this workspace's `package` as it is deployed; gives the path of its `program`.
///
/// # Errors
/// Where it cannot be built.
pub(crate) fn deployed(package: &str, program: &str) -> io::Result<PathBuf> {
    let build = ["build", "--profile", "deploy", "--locked", "-p", package];
    run(Command::new("cargo").args(build))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    std::path::absolute(target.join("deploy").join(program))
}

/// Runs `command` to its end.
///
/// # Errors
/// Where it cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let status = command
        .status()
        .map_err(|error| io::Error::new(error.kind(), format!("{command:?}: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{command:?} ended with {status}")))
    }
}

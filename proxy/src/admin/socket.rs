//! The private listener's Unix socket, the only file that `admin` touches. A socket left by a
//! process that has ended is replaced; any other file is left alone.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tokio::net::UnixListener;

/// Opens a socket at `path`.
///
/// # Errors
///
/// If there is another file, or a socket on which a program listens.
pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
        Ok(there) if !there.file_type().is_socket() => {
            let what = "something that is no socket is there already";
            return Err(io::Error::new(ErrorKind::AlreadyExists, what));
        }
        Ok(_) => remove_dead(path)?,
    }
    UnixListener::bind(path)
}

/// Removes a socket that refuses connections: the process that made it has ended.
fn remove_dead(socket: &Path) -> io::Result<()> {
    match UnixStream::connect(socket) {
        Ok(_) => Err(io::Error::new(
            ErrorKind::AddrInUse,
            "another program listens there",
        )),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(socket),
        Err(error) => Err(error),
    }
}

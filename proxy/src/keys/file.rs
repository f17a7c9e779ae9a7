//! The key file: one line for each key, readable only by its owner. A rotation replaces the whole
//! file at once.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::clock::Day;
use crate::fault::FileFault;
use crate::file::{beside, folder_of, private_options};
use crate::keys::{Key, KeyId, KeyRing, NoRandomness, random};
use crate::secret::Secret;

const HEADER: &str = "\
# Master keys of spotifinfo-proxy: id, date, key. The first signs and seals, the others still
# verify and open. Deleting a line retires its key. Keep this file secret.
";
const MOST_KEYS: usize = 32;

/// What is wrong with a key file.
#[derive(Debug)]
pub struct KeyError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a key file is refused.
#[derive(Debug)]
pub enum Reason {
    /// It does not exist.
    NotThere {
        /// Whether its folder exists.
        has_folder: bool,
    },
    /// It exists already and is not replaced.
    Exists,
    /// The system refuses to read or write it.
    File(FileFault),
    /// It is not text.
    NotText,
    /// Users other than its owner may read it.
    TooWide {
        /// Its permissions.
        mode: u32,
    },
    /// A line does not consist of id, date and key.
    BadLine {
        /// The line, from 1.
        line: usize,
    },
    /// Two keys have one id.
    Twice {
        /// The id.
        id: KeyId,
    },
    /// There is no key in it.
    Empty,
    /// There are more keys than anybody needs.
    TooMany,
    /// The system gives no randomness.
    NoRandomness(NoRandomness),
}

/// Reads the file at `path`, which nobody but its owner may read.
///
/// # Errors
///
/// What is wrong with the file, and in which line.
pub fn load(path: &Path) -> Result<KeyRing, KeyError> {
    let failed = |reason| KeyError::new(path, reason);
    let unread = |error| failed(Reason::unread(path, error));
    let file = File::open(path).map_err(unread)?;
    let metadata = file.metadata().map_err(unread)?;
    if metadata.is_dir() {
        return Err(failed(Reason::File(FileFault::IsFolder)));
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(failed(Reason::TooWide { mode }));
    }
    let text = io::read_to_string(file).map_err(unread)?;
    let text = Secret::new(text);
    parse(text.expose()).map_err(failed)
}

/// Makes a file with one new key. It never replaces a file.
///
/// # Errors
///
/// Where the file exists or cannot be written.
pub fn generate(path: &Path, today: Day) -> Result<KeyId, KeyError> {
    let failed = |reason| KeyError::new(path, reason);
    let key = new_key(today).map_err(|error| failed(Reason::NoRandomness(error)))?;
    let id = key.id();
    let text = render([&key]);
    write_new(path, text.expose()).map_err(failed)?;
    Ok(id)
}

/// Puts a new key in front of those in the file at `path`.
///
/// # Errors
///
/// If the file is broken or cannot be replaced. Then it is unchanged.
pub fn rotate(path: &Path, today: Day) -> Result<KeyId, KeyError> {
    let failed = |reason| KeyError::new(path, reason);
    let ring = load(path)?;
    if ring.iter().count() == MOST_KEYS {
        return Err(failed(Reason::TooMany));
    }
    let key = new_key(today).map_err(|error| failed(Reason::NoRandomness(error)))?;
    let id = key.id();
    let text = render(std::iter::once(&key).chain(ring.iter()));
    replace(path, text.expose()).map_err(failed)?;
    Ok(id)
}

/// Reads the text of a key file.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse(text: &str) -> Result<KeyRing, Reason> {
    let mut keys: Vec<Key> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = parse_line(line).ok_or(Reason::BadLine { line: number + 1 })?;
        if keys.iter().any(|other| other.id() == key.id()) {
            return Err(Reason::Twice { id: key.id() });
        }
        keys.push(key);
    }
    if keys.len() > MOST_KEYS {
        return Err(Reason::TooMany);
    }
    KeyRing::new(keys).ok_or(Reason::Empty)
}

fn parse_line(line: &str) -> Option<Key> {
    let mut words = line.split_ascii_whitespace();
    let id = words.next()?.parse().ok()?;
    let created = Day::parse(words.next()?)?;
    let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(words.next()?).ok()?);
    let master: [u8; 32] = decoded.as_slice().try_into().ok()?;
    if words.next().is_some() {
        return None;
    }
    Some(Key::derive(id, created, Secret::new(master)))
}

fn render<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Secret {
    let mut text = HEADER.to_owned();
    for key in keys {
        let master = Zeroizing::new(URL_SAFE_NO_PAD.encode(key.master().expose()));
        text.push_str(&format!("{} {} ", key.id(), key.created()));
        text.push_str(&master);
        text.push('\n');
    }
    Secret::new(text)
}

fn new_key(today: Day) -> Result<Key, NoRandomness> {
    let id = KeyId::from_bytes(random()?);
    Ok(Key::derive(id, today, Secret::new(random()?)))
}

fn write_new(path: &Path, text: &str) -> Result<(), Reason> {
    let write = || {
        let mut file = private_options().write(true).create_new(true).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| Reason::unwritten(path, error))
}

/// Writes a new file and renames it, so that after a crash there is either the old or the new one.
fn replace(path: &Path, text: &str) -> Result<(), Reason> {
    let new = beside(path, ".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Reason::unwritten(&new, error));
        }
        _ => write_new(&new, text)?,
    }
    put_in_place(&new, path).map_err(|error| Reason::unwritten(path, error))
}

fn put_in_place(new: &Path, path: &Path) -> io::Result<()> {
    // Where root rotates the keys, the file still belongs to the user that serves; who may write to
    // the folder cannot have another file given to them by a link in its place.
    let (was, is) = (fs::metadata(path)?, fs::metadata(new)?);
    if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
        lchown(new, Some(was.uid()), Some(was.gid()))?;
    }
    fs::rename(new, path)?;
    File::open(folder_of(path))?.sync_all()
}

impl KeyError {
    fn new(path: &Path, reason: Reason) -> Self {
        Self {
            path: path.to_owned(),
            reason,
        }
    }
}

impl std::error::Error for KeyError {}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(f, "key file {path}: {}", self.reason)?;
        // The command that makes one, to be copied.
        match self.reason {
            Reason::NotThere { has_folder } => {
                if !has_folder && let Some(folder) = self.path.parent() {
                    write!(f, " install -d -m 0700 {} &&", folder.display())?;
                }
                write!(f, " spotifinfo-proxy keys generate --keys-file {path}")
            }
            _ => Ok(()),
        }
    }
}

impl Reason {
    fn unread(path: &Path, error: io::Error) -> Self {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        match FileFault::of(path, error) {
            FileFault::NotText => Self::NotText,
            FileFault::NoFolder(_) => Self::NotThere { has_folder: false },
            FileFault::Other(_) if is_missing => Self::NotThere { has_folder: true },
            fault => Self::File(fault),
        }
    }

    fn unwritten(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists,
            _ => Self::File(FileFault::of(path, error)),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere { .. } => f.write_str("it does not exist; make it with:"),
            Self::Exists => f.write_str(
                "it exists already, and replacing it would log everybody out; `keys rotate` adds a key",
            ),
            Self::File(fault) => fault.fmt(f),
            Self::NotText => f.write_str(
                "it is not text, so it cannot hold keys; name another file, or move this one away and run `keys generate`",
            ),
            Self::TooWide { mode } => write!(
                f,
                "others may read it (mode {mode:04o}); chmod 0600 it, and if somebody did read it, replace it"
            ),
            Self::BadLine { line } => write!(
                f,
                "line {line} is not a key (its id, its date, 43 characters of base64url); restore it from a copy \
                 of the file, or delete it: visitors with a cookie or a token under that key then log in again"
            ),
            Self::Twice { id } => write!(f, "two lines have the id {id}; delete one of them"),
            Self::Empty => f.write_str("it holds no key; delete it and run `keys generate`"),
            Self::TooMany => write!(f, "more than {MOST_KEYS} keys; delete the oldest lines"),
            Self::NoRandomness(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reason, generate, load, parse, rotate};
    use crate::clock::Day;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    const LINE: &str = "0badcafe 2026-11-24 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn a_generated_file_is_private_and_loads() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let id = generate(&path, Day::from_number(20_781)).expect("generated");
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let ring = load(&path).expect("a ring");
        assert_eq!(ring.first().id(), id);
        assert_eq!(ring.first().created(), Day::from_number(20_781));
    }

    #[test]
    fn generating_never_replaces_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        fs::write(&path, "precious").expect("written");
        let error = generate(&path, Day::from_number(0)).expect_err("refused");
        assert!(matches!(error.reason, Reason::Exists));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "precious");
    }

    #[test]
    fn rotating_puts_a_new_key_first_and_keeps_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let old = generate(&path, Day::from_number(0)).expect("generated");
        let new = rotate(&path, Day::from_number(1)).expect("rotated");
        let ring = load(&path).expect("a ring");
        let ids: Vec<_> = ring.iter().map(super::Key::id).collect();
        assert_eq!(ids, [new, old]);
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        fs::write(&path, LINE).expect("written");
        for mode in [0o644, 0o640, 0o604, 0o610] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("set");
            let error = load(&path).expect_err("refused").to_string();
            assert!(error.contains("others may read it"), "{error}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).expect("set");
        assert!(load(&path).is_ok());
    }

    #[test]
    fn broken_files_tell_the_place_and_the_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = load(&folder.path().join("none"))
            .expect_err("refused")
            .to_string();
        assert!(error.contains("keys generate"), "{error}");
        for (text, told) in [
            (String::new(), "holds no key"),
            ("# only a remark\n".to_owned(), "holds no key"),
            (format!("\n{LINE} more"), "line 2"),
            (LINE.replace("AAAAAAAA", "AAA"), "line 1"),
            (LINE.replace("2026-11-24", "today"), "line 1"),
            (LINE.replace("2026-11-24", "2026-13-45"), "line 1"),
            (LINE.replace("0badcafe", "0BADCAFE"), "line 1"),
            (format!("{LINE}\n{LINE}"), "two lines"),
        ] {
            let error = parse(&text).expect_err("refused").to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}

//! Puts finished assets in their places, each with a hash in its name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest as _, Sha256, Sha384};

use super::manifest::{Manifest, ManifestEntry};
use super::{Assets, FOLDER};
use crate::hex::Hex;
use crate::output::{Output, OutputKind};
use crate::path::{OutputPath, Segments, SourcePath, UrlPath};

/// The assets that are finished so far.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    outputs: Vec<Output>,
    pub(super) manifest: Manifest,
}

impl Shelf {
    /// Adds a file, with a hash of its bytes in the name.
    pub(super) fn place(
        &mut self,
        name: &Segments,
        bytes: impl Into<Bytes>,
        made_from: Vec<SourcePath>,
    ) {
        let bytes = bytes.into();
        let path = finished_path(name, &short_hash([&bytes[..]]));
        self.place_at(path, name, bytes, made_from);
    }

    /// Adds a file at `path`.
    pub(super) fn place_at(
        &mut self,
        path: OutputPath,
        name: &Segments,
        bytes: impl Into<Bytes>,
        made_from: Vec<SourcePath>,
    ) {
        let bytes = bytes.into();
        let entry = ManifestEntry {
            url: UrlPath::from(&path),
            integrity: format!("sha384-{}", STANDARD.encode(Sha384::digest(&bytes))),
            imports: Vec::new(),
        };
        self.manifest
            .entries
            .insert(name.as_str().to_owned(), entry);
        self.outputs.push(Output {
            path,
            bytes,
            kind: OutputKind::Asset,
            made_from: made_from.into(),
        });
    }

    pub(super) fn finish(mut self) -> Assets {
        self.outputs.sort_by(|a, b| a.path.cmp(&b.path));
        Assets {
            outputs: self.outputs,
            manifest: self.manifest,
        }
    }
}

/// The first 48 bits of a SHA-256 over all `parts` and their lengths.
pub(super) fn short_hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Hex {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Hex::of(&hasher.finalize()[..6])
}

/// Where the asset `css/site.css` is put: `assets/css/site.HASH.css`.
pub(super) fn finished_path(name: &Segments, hash: &Hex) -> OutputPath {
    OutputPath::within(FOLDER, &name.tagged(hash))
}

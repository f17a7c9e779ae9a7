//! The files that templates can read: everything that was loaded from `content/`, `data/`,
//! `static/` and the themes' `static/`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;

use super::reads::{self, Read};
use super::world::World;
use crate::diag::nearest;
use crate::load::{Layer, Sources};

/// The files that templates can read, except for those beside pages.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) sources: Arc<Sources>,
    /// Values that were parsed before, by path and format.
    parsed: Mutex<BTreeMap<(String, String), Value>>,
}

impl Files {
    pub(super) fn new(sources: Arc<Sources>) -> Self {
        Self {
            sources,
            parsed: Mutex::default(),
        }
    }

    /// The remembered value of a file in a format; if there is none, `make` makes it and it is
    /// remembered.
    pub(super) fn remembered<E>(
        &self,
        path: &str,
        format: &str,
        make: impl FnOnce() -> Result<Value, E>,
    ) -> Result<Value, E> {
        let key = (path.to_owned(), format.to_owned());
        let lock = || self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return Ok(known.clone());
        }
        let made = make()?;
        lock().insert(key, made.clone());
        Ok(made)
    }
}

impl World {
    /// The bytes of the file that a template calls `path`. It is looked for at the site's root,
    /// then below `static/`, `content/` and the themes' `static/`. `@/` means `content/`.
    pub(super) fn file(&self, path: &str) -> Result<&[u8], String> {
        reads::note(|| Read::File(path.into()));
        let path = match path.strip_prefix("@/") {
            Some(below) => format!("content/{below}"),
            None => path.trim_start_matches('/').to_owned(),
        };
        let below = |folder: &str| format!("{folder}/{path}");
        [path.clone(), below("static"), below("content")]
            .iter()
            .find_map(|path| self.file_at(path))
            .or_else(|| {
                self.layers().find_map(|layer| {
                    layer
                        .static_files
                        .get(path.as_str())
                        .map(|file| &*file.bytes)
                })
            })
            .ok_or_else(|| self.no_file(&path))
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.files.sources.layers.iter()
    }

    fn file_at(&self, path: &str) -> Option<&[u8]> {
        let Sources { data, shelf, .. } = &*self.files.sources;
        if let Some(file) = data.iter().find(|file| file.path.as_str() == path) {
            return Some(file.text.as_bytes());
        }
        if let Some(file) = shelf.iter().find(|file| file.path.as_str() == path) {
            return Some(&file.bytes);
        }
        let statics = self.layers().flat_map(|layer| layer.static_files.values());
        let assets = self.layers().flat_map(|layer| layer.assets.values());
        if let Some(file) = statics
            .chain(assets)
            .find(|file| file.path.as_str() == path)
        {
            return Some(&file.bytes);
        }
        let pages = self.site.pages.iter().flat_map(|page| &page.attachments);
        let sections = self
            .site
            .sections
            .iter()
            .flat_map(|section| &section.attachments);
        let mut beside = pages.chain(sections);
        beside
            .find(|file| file.source.as_str() == path)
            .map(|file| &*file.bytes)
    }

    fn no_file(&self, path: &str) -> String {
        let data = self
            .files
            .sources
            .data
            .iter()
            .map(|file| file.path.as_str());
        let shelf = self
            .files
            .sources
            .shelf
            .iter()
            .map(|file| file.path.as_str());
        let near = nearest(path, data.chain(shelf)).map(|near| format!("; did you mean `{near}`?"));
        format!(
            "there is no file `{path}`: templates can read what lies below content/, data/ and static/{}",
            near.unwrap_or_default()
        )
    }
}

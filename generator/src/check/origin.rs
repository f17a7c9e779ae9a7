//! Finds where a broken link was written: in the content that its page was made from, else in a
//! template.

use std::collections::HashMap;
use std::ops::Range;

use crate::parse::{Addresses, quoted};
use crate::path::SourcePath;

use super::Input;

/// The texts that the site is made from. Each content file is read once, however many of its links
/// are broken.
pub(super) struct Origins<'a> {
    input: Input<'a>,
    read: HashMap<SourcePath, Option<Addresses<'a>>>,
}

/// The place of a link.
pub(super) struct Origin<'a> {
    pub(super) file: SourcePath,
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
    pub(super) is_template: bool,
}

impl<'a> Origins<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self {
            input,
            read: HashMap::new(),
        }
    }

    /// Whether there is a content file `path`.
    pub(super) fn has(&self, path: &SourcePath) -> bool {
        self.input.texts.contains_key(path)
    }

    /// Where `url` was written, on a page that was made from the files `made_from`.
    pub(super) fn find(&mut self, url: &str, made_from: &[SourcePath]) -> Option<Origin<'a>> {
        let in_content = made_from.iter().find_map(|file| {
            let Input { texts, config, .. } = self.input;
            let addresses = self
                .read
                .entry(file.clone())
                .or_insert_with(|| Some(Addresses::new(texts.get(file)?, config)))
                .as_ref()?;
            Some(Origin {
                file: file.clone(),
                text: addresses.text(),
                span: addresses.find(url)?,
                is_template: false,
            })
        });
        in_content.or_else(|| self.in_template(url))
    }

    fn in_template(&self, url: &str) -> Option<Origin<'a>> {
        self.input.templates.iter().find_map(|template| {
            Some(Origin {
                file: template.path.clone(),
                text: &template.text,
                span: quoted(&template.text, url)?,
                is_template: true,
            })
        })
    }
}

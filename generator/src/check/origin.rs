//! Finds where a broken link was written: in the content that its page shows, in a template that the
//! page was made with, or in the page itself where that was copied.

use std::collections::HashMap;
use std::ops::Range;
use std::str;

use crate::load::TextFile;
use crate::output::{Output, OutputKind};
use crate::parse::{Addresses, quoted};
use crate::path::SourcePath;

use super::Input;

/// The texts that the site is made from. Each content file is read once, however many of its links
/// are broken.
pub(super) struct Origins<'a> {
    input: Input<'a>,
    read: HashMap<SourcePath, Option<Addresses<'a>>>,
    templates: HashMap<&'a SourcePath, &'a TextFile>,
}

/// The place of a link.
pub(super) struct Origin<'a> {
    pub(super) file: &'a SourcePath,
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
    pub(super) is_template: bool,
}

impl<'a> Origins<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        let templates = input.templates.iter();
        Self {
            input,
            read: HashMap::new(),
            templates: templates.map(|file| (&file.path, file)).collect(),
        }
    }

    /// Whether there is a content file `path`.
    pub(super) fn has(&self, path: &SourcePath) -> bool {
        self.input.texts.contains_key(path)
    }

    /// Where `url` was written, which stands on `page`.
    pub(super) fn find(&mut self, url: &str, page: &'a Output) -> Option<Origin<'a>> {
        self.in_content(url, page)
            .or_else(|| self.in_template(url, page))
            .or_else(|| in_itself(url, page))
    }

    fn in_content(&mut self, url: &str, page: &'a Output) -> Option<Origin<'a>> {
        page.made_from.iter().find_map(|file| {
            let Input { texts, config, .. } = self.input;
            let addresses = self
                .read
                .entry(file.clone())
                .or_insert_with(|| Some(Addresses::new(texts.get(file)?, config)))
                .as_ref()?;
            Some(Origin {
                file,
                text: addresses.text(),
                span: addresses.find(url)?,
                is_template: false,
            })
        })
    }

    fn in_template(&self, url: &str, page: &'a Output) -> Option<Origin<'a>> {
        page.made_from.iter().find_map(|file| {
            let text = &self.templates.get(file)?.text;
            Some(Origin {
                file,
                text,
                span: quoted(text, url)?,
                is_template: true,
            })
        })
    }
}

/// Where `url` stands in `page`, if that is a file of the site itself.
fn in_itself<'a>(url: &str, page: &'a Output) -> Option<Origin<'a>> {
    let copied = Some(page).filter(|page| page.kind == OutputKind::Static)?;
    let text = str::from_utf8(&copied.bytes).ok()?;
    Some(Origin {
        file: copied.made_from.first()?,
        text,
        span: quoted(text, url)?,
        is_template: false,
    })
}

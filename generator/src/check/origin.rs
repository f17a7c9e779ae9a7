//! Finds where a broken link was written: in the content that its page shows, in a template or a
//! data file that the page was made with, in the configuration, or in the page itself where that
//! was copied.

use std::collections::HashMap;
use std::ops::Range;
use std::str;

use crate::config::BaseUrl;
use crate::load::TextFile;
use crate::output::{Output, OutputKind};
use crate::parse::{Addresses, in_html, quoted};
use crate::path::{OutputPath, SourcePath};

use super::Input;
use super::broken::Broken;

/// The texts that the site is made from. Each content file is read once, however many of its links
/// are broken.
pub(super) struct Origins<'a> {
    input: Input<'a>,
    read: HashMap<SourcePath, Option<Addresses<'a>>>,
    others: HashMap<&'a SourcePath, &'a TextFile>,
    /// The files that the pages were made from in the first place.
    sources: HashMap<&'a OutputPath, &'a SourcePath>,
}

/// The place of a link.
pub(super) struct Origin<'a> {
    pub(super) file: &'a SourcePath,
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
    /// Whether `file` tells by itself which page is meant.
    pub(super) tells_page: bool,
}

impl Origin<'_> {
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.file == other.file && self.span == other.span
    }
}

impl<'a> Origins<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        let others = input.others.iter();
        let outputs = input.outputs.iter();
        let source = |one: &'a Output| Some((&one.path, one.made_from.first()?));
        Self {
            input,
            read: HashMap::new(),
            others: others.map(|file| (&file.path, file)).collect(),
            sources: outputs.filter_map(source).collect(),
        }
    }

    /// Whether there is a content file `path`.
    pub(super) fn has(&self, path: &SourcePath) -> bool {
        self.text(path).is_some()
    }

    fn text(&self, path: &SourcePath) -> Option<&'a str> {
        let content = self.input.content;
        let found = content.binary_search_by(|file| file.path.cmp(path)).ok()?;
        Some(&content[found].text)
    }

    /// Whether `path` is a template or a data file.
    pub(super) fn is_other(&self, path: &SourcePath) -> bool {
        self.others.contains_key(path)
    }

    /// Whether the link `url` on `page` was written in a content file or the page itself, rather than
    /// in what several pages are made with.
    pub(super) fn is_of_page(&mut self, url: &str, why: &Broken, page: &'a Output) -> bool {
        page.kind == OutputKind::Static || self.in_content(url, why, page).is_some()
    }

    /// Where the link `url` was written, which stands on `page`.
    pub(super) fn find(&mut self, url: &str, why: &Broken, page: &'a Output) -> Option<Origin<'a>> {
        if page.kind == OutputKind::Static {
            return in_itself(url, page);
        }
        let base = &self.input.config.base_url;
        self.in_content(url, why, page)
            .or_else(|| forms(url, base).find_map(|form| self.in_others(form, page)))
            .or_else(|| forms(url, base).find_map(|form| self.in_settings(form)))
    }

    fn in_content(&mut self, url: &str, why: &Broken, page: &'a Output) -> Option<Origin<'a>> {
        let target = match why {
            Broken::NoAnchor { file, .. } => self.sources.get(file).copied(),
            _ => None,
        };
        page.made_from.iter().find_map(|file| {
            let (text, config) = (self.text(file), self.input.config);
            let addresses = self
                .read
                .entry(file.clone())
                .or_insert_with(|| Some(Addresses::new(text?, config)))
                .as_ref()?;
            Some(Origin {
                file,
                text: addresses.text(),
                span: addresses.find(url, target)?,
                tells_page: true,
            })
        })
    }

    fn in_others(&self, url: &str, page: &'a Output) -> Option<Origin<'a>> {
        page.made_from.iter().find_map(|file| {
            let text = &self.others.get(file)?.text;
            Some(Origin {
                file,
                text,
                span: in_html(text, url)?,
                tells_page: false,
            })
        })
    }

    fn in_settings(&self, url: &str) -> Option<Origin<'a>> {
        let TextFile { path, text } = self.input.settings;
        Some(Origin {
            file: path,
            text,
            span: quoted(text, url)?,
            tells_page: false,
        })
    }
}

/// `url`, and below the site's address the forms in which `get_url` takes it.
fn forms<'u>(url: &'u str, base: &BaseUrl) -> impl Iterator<Item = &'u str> {
    let path = url
        .strip_prefix(base.as_str())
        .or_else(|| url.strip_prefix(base.sub_path()))
        .unwrap_or(url);
    let open = path.trim_end_matches('/');
    let forms = [
        url,
        path,
        open,
        path.trim_start_matches('/'),
        open.trim_start_matches('/'),
    ];
    // A single word may mean anything.
    forms
        .into_iter()
        .filter(|form| form.contains(['/', '.', '#']))
}

/// Where `url` stands in `page`, which is a copied file.
fn in_itself<'a>(url: &str, page: &'a Output) -> Option<Origin<'a>> {
    let text = str::from_utf8(&page.bytes).ok()?;
    Some(Origin {
        file: page.made_from.first()?,
        text,
        span: in_html(text, url)?,
        tells_page: true,
    })
}

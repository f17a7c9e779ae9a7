//! What links can lead to, and where they do.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::diag::nearest;
use crate::fingerprint::{self, Table};
use crate::model::Redirect;
use crate::output::Output;
use crate::path::{OutputPath, SourcePath};

use super::broken::{Broken, BrokenLink};
use super::{Facts, Input, Meant, Pages, meant};

/// Everything on the site that a link can lead to.
pub(super) struct Places<'a> {
    outputs: &'a [Output],
    files: Table<&'a str, &'a OutputPath>,
    facts: &'a Pages,
    redirects: BTreeSet<&'a str>,
    /// The pages on which anchors may be missing through no fault of the links.
    with_gaps: BTreeSet<&'a OutputPath>,
    config: &'a Config,
}

impl<'a> Places<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        let Input {
            outputs, redirects, ..
        } = input;
        let trimmed = |one: &'a Redirect| one.from.as_str().trim_matches('/');
        Self {
            outputs,
            files: outputs
                .iter()
                .map(|one| (one.path.as_str(), &one.path))
                .collect(),
            facts: input.pages,
            redirects: redirects.iter().map(trimmed).collect(),
            with_gaps: with_gaps(outputs, input.with_gaps),
            config: input.config,
        }
    }

    /// A hash of everything that links can lead to. The configuration is not in it.
    pub(super) fn fingerprint(&self) -> u64 {
        let ids = |path| self.facts.get(path).map(|facts| facts.ids.as_slice());
        let files: Vec<(&OutputPath, Option<&[String]>)> = self
            .outputs
            .iter()
            .map(|one| (&one.path, ids(&one.path)))
            .collect();
        fingerprint::of(&(files, &self.redirects))
    }

    /// The broken links on `page`.
    pub(super) fn broken(&self, page: &'a OutputPath, facts: &Facts) -> Vec<BrokenLink<'a>> {
        let broken = facts.references.iter().filter_map(|one| {
            let why = self.wrong_with(page, &one.url)?;
            let url = one.url.clone();
            Some(BrokenLink { url, why, page })
        });
        broken.collect()
    }

    fn wrong_with(&self, page: &OutputPath, url: &str) -> Option<Broken> {
        let (path, anchor) = match meant(page, url, &self.config.base_url) {
            Meant::Elsewhere => return None,
            Meant::Escapes => return Some(Broken::Escapes),
            Meant::BesideTheSite { path } => {
                return self.file(&path).map(|_| Broken::NoSubPath);
            }
            Meant::Here { path, anchor } => (path, anchor),
        };
        if self.is_ignored(&path) {
            return None;
        }
        let Some(file) = self.file(&path) else {
            let leads_on = self.redirects.contains(path.trim_matches('/'));
            return (!leads_on).then_some(Broken::NoTarget { file: path });
        };
        if anchor.is_empty() || anchor.eq_ignore_ascii_case("top") {
            return None;
        }
        let ids = &self.facts.get(file)?.ids;
        let found = ids.binary_search_by(|id| id.as_str().cmp(&anchor)).is_ok();
        (!found && !self.with_gaps.contains(file)).then(|| Broken::NoAnchor {
            file: file.clone(),
            anchor,
        })
    }

    fn is_ignored(&self, path: &str) -> bool {
        let mut ignored = self.config.link_checker.ignored_paths.iter();
        ignored.any(|start| format!("/{path}").starts_with(start.as_str()))
    }

    /// The file that a web host sends for `path`.
    fn file(&self, path: &str) -> Option<&'a OutputPath> {
        let index = || match path.trim_end_matches('/') {
            "" => "index.html".to_owned(),
            folder => format!("{folder}/index.html"),
        };
        let named = self.files.get(path).filter(|_| !path.ends_with('/'));
        let found = named.or_else(|| self.files.get(index().as_str()));
        found.copied()
    }

    pub(super) fn hint(&self, why: &Broken) -> Option<String> {
        match why {
            Broken::NoTarget { file } => {
                let wanted = file.trim_end_matches('/');
                if let Some(lost) = self.lost_section(wanted) {
                    return Some(lost);
                }
                let shown = |path: &&'a str| path.strip_suffix("/index.html").unwrap_or(path);
                let near = nearest(wanted, self.files.keys().map(shown))?;
                let slash = if file.ends_with('/') { "/" } else { "" };
                let sub_path = self.config.base_url.sub_path();
                Some(format!("did you mean `{sub_path}/{near}{slash}`?"))
            }
            Broken::NoAnchor { file, anchor } => {
                let ids = self.facts.get(file)?.ids.iter().map(String::as_str);
                Some(format!("did you mean `#{}`?", nearest(anchor, ids)?))
            }
            Broken::NoSubPath => Some(format!(
                "the site lies below `{}`: begin the link with it, or use `get_url`",
                self.config.base_url.sub_path()
            )),
            Broken::Escapes => None,
        }
    }

    /// What to do where the folder `wanted` holds pages and has none itself.
    fn lost_section(&self, wanted: &str) -> Option<String> {
        let below = format!("{wanted}/");
        let files = self.files.keys().filter(|file| file.starts_with(&below));
        let first = files.min()?;
        first.ends_with("/index.html").then(|| {
            format!("there are pages below it: `content/{wanted}/_index.md` would make it a page")
        })
    }
}

/// Those of `outputs` that show the body of one of `files`.
fn with_gaps<'a>(outputs: &'a [Output], files: &BTreeSet<SourcePath>) -> BTreeSet<&'a OutputPath> {
    if files.is_empty() {
        return BTreeSet::new();
    }
    let shows_one = |one: &&Output| one.made_from.iter().any(|file| files.contains(file));
    let pages = outputs.iter().filter(shows_one);
    pages.map(|one| &one.path).collect()
}

//! Which documents take part in a build, and why the others do not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::parse::{Document, FrontMatter, PageDate, PageFront};

/// Which documents become part of the site.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    /// Whether drafts do.
    pub drafts: bool,
    /// Whether pages dated after `today` do.
    pub future: bool,
    /// What counts as today.
    pub today: Date,
}

/// Why a document takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    Draft,
    /// It lies in a section that is a draft.
    InDraft,
    /// The day from which on it is there.
    Future(Date),
    /// The day from which on it is not.
    Expired(Date),
    /// Something is wrong with it, which is reported already.
    Wrong,
}

/// The documents that take part, and the others by their path.
pub(super) struct Selected {
    pub(super) documents: Vec<Arc<Document>>,
    pub(super) left_out: BTreeMap<String, LeftOut>,
}

impl Selection {
    pub(super) fn of(self, documents: &[Arc<Document>]) -> Selected {
        let drafts: BTreeSet<&str> = documents
            .iter()
            .filter(|document| is_draft_section(document))
            .map(|document| document.path.parent())
            .collect();
        let mut selected = Selected {
            documents: Vec::with_capacity(documents.len()),
            left_out: BTreeMap::new(),
        };
        for document in documents {
            match self.reason(document, &drafts) {
                None => selected.documents.push(Arc::clone(document)),
                Some(reason) => {
                    let path = document.path.to_string();
                    selected.left_out.insert(path, reason);
                }
            }
        }
        selected
    }

    fn reason(self, document: &Document, drafts: &BTreeSet<&str>) -> Option<LeftOut> {
        let path = document.path.as_str();
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        let in_draft = folders.any(|folder| drafts.contains(folder));
        match &document.front {
            FrontMatter::Section(section) if section.draft && !self.drafts => Some(LeftOut::Draft),
            _ if in_draft && !self.drafts => Some(LeftOut::InDraft),
            FrontMatter::Page(page) => self.reason_of_page(page),
            FrontMatter::Section(_) => None,
        }
    }

    fn reason_of_page(self, page: &PageFront) -> Option<LeftOut> {
        if page.draft && !self.drafts {
            return Some(LeftOut::Draft);
        }
        let day = page.date.as_ref().map(PageDate::day);
        let future = day.filter(|day| *day > self.today && !self.future);
        let end = page.expires.as_ref().map(PageDate::day);
        let expired = end.filter(|day| *day <= self.today);
        let future = future.map(LeftOut::Future);
        future.or(expired.map(LeftOut::Expired))
    }
}

impl LeftOut {
    /// What is said of the file of that name.
    pub(super) fn message(self, name: &str) -> String {
        match self {
            Self::Draft => format!("`{name}` is a draft, and left out of this build"),
            Self::InDraft => {
                format!("`{name}` lies in a section that is a draft, and is left out")
            }
            Self::Future(day) => format!("`{name}` is dated {day}, and left out of this build"),
            Self::Expired(day) => format!("`{name}` expired on {day}, and is left out"),
            Self::Wrong => format!("`{name}` is left out: something is wrong with it"),
        }
    }

    /// What to do about a link to it.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Draft => "take `draft` out of its front matter, or build with --drafts",
            Self::InDraft => {
                "take `draft` out of the section's front matter, or build with --drafts"
            }
            Self::Future(_) => "take the link out until then, or build with --future",
            Self::Expired(_) => "take the link out, or `expires` out of its front matter",
            Self::Wrong => "mend that file",
        }
    }
}

fn is_draft_section(document: &Document) -> bool {
    matches!(&document.front, FrontMatter::Section(section) if section.draft)
}

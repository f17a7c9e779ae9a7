//! Finds two things that want the same URL.

use std::fmt;

use super::{Redirect, Site};
use crate::diag::Diagnostic;
use crate::fingerprint::Table;
use crate::path::{OutputPath, SourcePath};

/// Who asks for an output file.
#[derive(Clone, Copy)]
enum Claimant<'a> {
    File(&'a SourcePath),
    HomePage,
    Pager(Option<&'a SourcePath>, usize),
    Taxonomy(&'a str),
    Term(&'a str, &'a str),
    Redirect(&'a Redirect),
}

impl Claimant<'_> {
    fn of_section(source: Option<&SourcePath>) -> Claimant<'_> {
        source.map_or(Claimant::HomePage, Claimant::File)
    }
}

impl fmt::Display for Claimant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(source) => write!(f, "{source}"),
            Self::HomePage => write!(f, "the home page"),
            Self::Pager(source, number) => {
                write!(f, "{} (page {number})", Claimant::of_section(*source))
            }
            Self::Taxonomy(name) => write!(f, "the taxonomy {name}"),
            Self::Term(taxonomy, name) => write!(f, "{taxonomy}: {name}"),
            Self::Redirect(redirect) => match &redirect.source {
                Some(source) => write!(f, "an alias in {source}"),
                None => write!(f, "page 1 of {}", redirect.to),
            },
        }
    }
}

pub(super) fn check(site: &Site) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let claims = claims(site);
    let mut taken: Table<&OutputPath, Claimant<'_>> = Table::default();
    taken.reserve(claims.len());
    for (file, claimant) in &claims {
        if let Some(first) = taken.get(file) {
            diagnostics.push(
                Diagnostic::error(format!("two things want the file `{file}`"))
                    .in_file(claimant)
                    .note(format!("the other is {first}"))
                    .hint("give one of them another `slug`, `path` or name"),
            );
        } else {
            taken.insert(file, *claimant);
        }
    }
    diagnostics
}

/// The output file of everything in the content, with who asks for it.
fn claims(site: &Site) -> Vec<(OutputPath, Claimant<'_>)> {
    let mut claims = Vec::with_capacity(site.pages.len());
    for section in &site.sections {
        let source = section.source.as_ref();
        let redirected = section.front.redirect_to.is_some();
        if section.front.render && !redirected {
            claims.push((section.url.output(), Claimant::of_section(source)));
        }
        for pager in section.pagers.iter().skip(1) {
            claims.push((pager.url.output(), Claimant::Pager(source, pager.number)));
        }
        for file in &section.attachments {
            claims.push((file.output.clone(), Claimant::File(&file.source)));
        }
    }
    for page in &site.pages {
        if page.front.render {
            claims.push((page.url.output(), Claimant::File(&page.source)));
        }
        for file in &page.attachments {
            claims.push((file.output.clone(), Claimant::File(&file.source)));
        }
    }
    for taxonomy in site
        .taxonomies
        .iter()
        .filter(|taxonomy| taxonomy.config.render)
    {
        let name = &taxonomy.config.name;
        claims.push((taxonomy.url.output(), Claimant::Taxonomy(name)));
        for term in &taxonomy.terms {
            claims.push((term.url.output(), Claimant::Term(name, &term.name)));
        }
    }
    for redirect in site.redirects.iter().chain(&site.numbered_firsts) {
        claims.push((redirect.from.output(), Claimant::Redirect(redirect)));
    }
    claims
}

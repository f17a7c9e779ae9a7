//! Finds what wants one place in the output, of all that is known before anything is rendered. The
//! rest, such as feeds, is found among the finished files.

use std::fmt;

use super::{Attachment, Redirect, Site};
use crate::claims;
use crate::diag::Diagnostic;
use crate::load::Sources;
use crate::path::{OutputPath, SourcePath};

/// Who asks for an output file.
#[derive(Clone, Copy)]
enum Claimant<'a> {
    File(&'a SourcePath),
    HomePage,
    Pager(Option<&'a SourcePath>, usize),
    Taxonomy(&'a str),
    Term(&'a str, &'a str),
    TermPager(&'a str, &'a str, usize),
    Redirect(&'a Redirect),
    NotFound,
}

/// The files that are asked for, each with who asks for it.
type Claims<'a> = Vec<(OutputPath, Claimant<'a>)>;

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
            Self::TermPager(taxonomy, name, number) => {
                write!(f, "{taxonomy}: {name} (page {number})")
            }
            Self::NotFound => write!(f, "the template 404.html"),
            Self::Redirect(redirect) => match &redirect.source {
                Some(source) => write!(f, "an alias in {source}"),
                None => write!(f, "page 1 of {}", redirect.to),
            },
        }
    }
}

/// Everything in the content and below `static/` that wants a place which something else has.
pub(super) fn check(site: &Site, sources: &Sources) -> Vec<Diagnostic> {
    let mut claims = Vec::with_capacity(site.pages.len());
    add_sections(site, &mut claims);
    add_pages(site, &mut claims);
    add_taxonomies(site, &mut claims);
    for redirect in site.redirects.iter().chain(&site.numbered_firsts) {
        claims.push((redirect.output(), Claimant::Redirect(redirect)));
    }
    claims.push((OutputPath::fixed("404.html"), Claimant::NotFound));
    let copied = sources.static_files();
    claims.extend(copied.map(|(path, file)| (path.clone(), Claimant::File(&file.path))));
    let claims = claims.iter().map(|(path, claimant)| (path, claimant));
    let clashes = claims::clashes(claims).into_iter();
    clashes.map(Diagnostic::from).collect()
}

fn add_sections<'a>(site: &'a Site, claims: &mut Claims<'a>) {
    for section in &site.sections {
        let source = section.source.as_ref();
        if section.front.render && section.front.redirect_to.is_none() {
            claims.push((section.url.output(), Claimant::of_section(source)));
            for pager in section.pagers.iter().skip(1) {
                claims.push((pager.url.output(), Claimant::Pager(source, pager.number)));
            }
        }
        add_attachments(&section.attachments, claims);
    }
}

fn add_pages<'a>(site: &'a Site, claims: &mut Claims<'a>) {
    for page in &site.pages {
        if page.front.render {
            claims.push((page.url.output(), Claimant::File(&page.source)));
        }
        add_attachments(&page.attachments, claims);
    }
}

fn add_attachments<'a>(files: &'a [Attachment], claims: &mut Claims<'a>) {
    let files = files.iter();
    claims.extend(files.map(|file| (file.output.clone(), Claimant::File(&file.source))));
}

fn add_taxonomies<'a>(site: &'a Site, claims: &mut Claims<'a>) {
    let rendered = site.taxonomies.iter().filter(|one| one.config.render);
    for taxonomy in rendered {
        let name = &taxonomy.config.name;
        claims.push((taxonomy.url.output(), Claimant::Taxonomy(name)));
        for term in &taxonomy.terms {
            claims.push((term.url.output(), Claimant::Term(name, &term.name)));
            for pager in term.pagers.iter().skip(1) {
                let claimant = Claimant::TermPager(name, &term.name, pager.number);
                claims.push((pager.url.output(), claimant));
            }
        }
    }
}

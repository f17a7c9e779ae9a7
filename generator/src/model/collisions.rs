//! Finds two things that want the same URL.

use std::collections::BTreeMap;

use super::Site;
use crate::diag::Diagnostic;

pub(super) fn check(site: &Site) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for (file, owner) in claims(site) {
        if let Some(first) = taken.get(&file) {
            diagnostics.push(
                Diagnostic::error(format!("two things want the file `{file}`"))
                    .in_file(&owner)
                    .note(format!("the other is {first}"))
                    .hint("give one of them another `slug`, `path` or name"),
            );
        } else {
            taken.insert(file, owner);
        }
    }
    diagnostics
}

/// The output file of everything in the content, with a name for whoever asks for it.
fn claims(site: &Site) -> Vec<(String, String)> {
    let mut claims = Vec::new();
    for section in &site.sections {
        let owner = section
            .source
            .as_ref()
            .map_or("the home page".to_owned(), ToString::to_string);
        let redirected = section.front.redirect_to.is_some();
        if section.front.render && !redirected {
            claims.push((section.url.output().to_string(), owner.clone()));
        }
        for pager in section.pagers.iter().skip(1) {
            claims.push((
                pager.url.output().to_string(),
                format!("{owner} (page {})", pager.number),
            ));
        }
        for file in &section.attachments {
            claims.push((file.output.to_string(), file.source.to_string()));
        }
    }
    for page in site.pages.iter() {
        if page.front.render {
            claims.push((page.url.output().to_string(), page.source.to_string()));
        }
        for file in &page.attachments {
            claims.push((file.output.to_string(), file.source.to_string()));
        }
    }
    for taxonomy in site
        .taxonomies
        .iter()
        .filter(|taxonomy| taxonomy.config.render)
    {
        let name = &taxonomy.config.name;
        claims.push((
            taxonomy.url.output().to_string(),
            format!("the taxonomy {name}"),
        ));
        for term in &taxonomy.terms {
            claims.push((
                term.url.output().to_string(),
                format!("{name}: {}", term.name),
            ));
        }
    }
    for redirect in site.redirects.iter().chain(&site.numbered_firsts) {
        let owner = match &redirect.source {
            Some(source) => format!("an alias in {source}"),
            None => format!("page 1 of {}", redirect.to),
        };
        claims.push((redirect.from.output().to_string(), owner));
    }
    claims
}

//! Gives each document its URL.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::Attachment;
use crate::config::Config;
use crate::diag::Diagnostic;
use crate::load::RawFile;
use crate::parse::{Document, FrontMatter, PageDate, PageFront, SectionFront, slugify};
use crate::path::{OutputPath, SourcePath, UrlPath};

/// A page with its URL.
pub(super) struct PlacedPage {
    pub(super) document: Arc<Document>,
    pub(super) front: Arc<PageFront>,
    pub(super) slug: String,
    pub(super) url: UrlPath,
    /// The folder of the section it belongs to, below `content/`.
    pub(super) folder: String,
    pub(super) attachments: Vec<Attachment>,
}

/// A section with its URL.
pub(super) struct PlacedSection {
    pub(super) document: Arc<Document>,
    pub(super) front: Arc<SectionFront>,
    pub(super) url: UrlPath,
    pub(super) folder: String,
    pub(super) attachments: Vec<Attachment>,
}

pub(super) struct Placed {
    pub(super) pages: Vec<PlacedPage>,
    pub(super) sections: Vec<PlacedSection>,
    /// Those that no URL can be made for, and why.
    pub(super) absent: Vec<(SourcePath, Diagnostic)>,
}

pub(super) fn place(
    documents: Vec<Arc<Document>>,
    attachments: &[RawFile],
    config: &Config,
) -> Placed {
    let mut beside = by_folder(attachments);
    let mut placed = Placed {
        pages: Vec::new(),
        sections: Vec::new(),
        absent: Vec::new(),
    };
    let addresses: Vec<Result<Address, Diagnostic>> = documents
        .par_iter()
        .map(|document| Address::of(document, config))
        .collect();
    for (document, address) in documents.into_iter().zip(addresses) {
        let source = document.path.clone();
        let outcome = match document.front.clone() {
            FrontMatter::Page(front) => address
                .and_then(|address| page(document, front, address, &mut beside))
                .map(|page| placed.pages.push(page)),
            FrontMatter::Section(front) => address
                .and_then(|address| section(document, front, address, &mut beside))
                .map(|section| placed.sections.push(section)),
        };
        if let Err(error) = outcome {
            placed.absent.push((source, error));
        }
    }
    placed
}

fn by_folder(files: &[RawFile]) -> BTreeMap<String, Vec<RawFile>> {
    let mut folders: BTreeMap<String, Vec<RawFile>> = BTreeMap::new();
    for file in files {
        let folder = file.path.folder_below_content().to_owned();
        folders.entry(folder).or_default().push(file.clone());
    }
    folders
}

/// Where a document goes.
struct Address {
    /// The folder, below `content/`, of a section, or of the section that a page belongs to.
    folder: String,
    /// The last segment of a page's URL; empty for a section.
    slug: String,
    url: UrlPath,
}

impl Address {
    fn of(document: &Document, config: &Config) -> Result<Self, Diagnostic> {
        let folder = document.path.folder_below_content();
        match &document.front {
            FrontMatter::Page(front) => Self::of_page(document, front, folder, config),
            FrontMatter::Section(_) => Ok(Self {
                url: url(&folder_url(folder, config), document)?,
                folder: folder.to_owned(),
                slug: String::new(),
            }),
        }
    }

    fn of_page(
        document: &Document,
        front: &PageFront,
        own: &str,
        config: &Config,
    ) -> Result<Self, Diagnostic> {
        let stem = document.path.markdown_stem().unwrap_or_default();
        let (folder, name) = match own.rsplit_once('/') {
            _ if !is_bundle(document) => (own, stem),
            Some((parent, name)) => (parent, name),
            None => ("", own),
        };
        let name = match PageDate::from_file_name(name) {
            Some((_, rest)) if !config.slugify.paths_keep_dates => rest,
            _ => name,
        };
        let slug = match &front.slug {
            Some(slug) => slug.trim_matches('/').to_owned(),
            None => slugify(name, config.slugify.paths),
        };
        let path = match &front.path {
            Some(path) => path.trim_matches('/').to_owned(),
            None => join(&folder_url(folder, config), &slug),
        };
        Ok(Self {
            url: url(&path, document)?,
            folder: folder.to_owned(),
            slug,
        })
    }
}

/// Whether a page is a folder, `x/index.md`, which may hold other files.
fn is_bundle(document: &Document) -> bool {
    let path = &document.path;
    path.markdown_stem() == Some("index") && !path.folder_below_content().is_empty()
}

fn page(
    document: Arc<Document>,
    front: Arc<PageFront>,
    address: Address,
    beside: &mut BTreeMap<String, Vec<RawFile>>,
) -> Result<PlacedPage, Diagnostic> {
    let Address { folder, slug, url } = address;
    let own = document.path.folder_below_content();
    let files = if is_bundle(&document) {
        take_below(beside, own)
    } else {
        Vec::new()
    };
    Ok(PlacedPage {
        attachments: attach(files, own, &url)?,
        folder,
        document,
        front,
        slug,
        url,
    })
}

fn section(
    document: Arc<Document>,
    front: Arc<SectionFront>,
    address: Address,
    beside: &mut BTreeMap<String, Vec<RawFile>>,
) -> Result<PlacedSection, Diagnostic> {
    let Address { folder, url, .. } = address;
    let files = beside.remove(&folder).unwrap_or_default();
    Ok(PlacedSection {
        attachments: attach(files, &folder, &url)?,
        document,
        front,
        url,
        folder,
    })
}

fn folder_url(folder: &str, config: &Config) -> String {
    let segments: Vec<String> = folder
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| slugify(segment, config.slugify.paths))
        .collect();
    segments.join("/")
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn url(path: &str, document: &Document) -> Result<UrlPath, Diagnostic> {
    let path = if path.is_empty() {
        String::new()
    } else {
        format!("{path}/")
    };
    UrlPath::new(&path).map_err(|error| {
        Diagnostic::error(format!("no URL can be made for this file: {error}"))
            .in_file(&document.path)
            .hint("set `slug` or `path` in its front matter")
    })
}

/// The files in `folder` and in the folders below it: a page that is a folder owns all of them.
fn take_below(beside: &mut BTreeMap<String, Vec<RawFile>>, folder: &str) -> Vec<RawFile> {
    let inner = format!("{folder}/");
    let below = beside
        .range(inner.clone()..)
        .map(|(name, _)| name)
        .take_while(|name| name.starts_with(&inner));
    let names: Vec<String> = below.cloned().collect();
    std::iter::once(folder)
        .chain(names.iter().map(String::as_str))
        .flat_map(|name| beside.remove(name).unwrap_or_default())
        .collect()
}

fn attach(files: Vec<RawFile>, folder: &str, url: &UrlPath) -> Result<Vec<Attachment>, Diagnostic> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let base = url.output();
    files
        .into_iter()
        .map(|file| {
            let below = file.path.below_content()[folder.len()..].trim_start_matches('/');
            let output = OutputPath::new(join(base.parent(), below)).map_err(|error| {
                Diagnostic::error(error.to_string())
                    .in_file(&file.path)
                    .hint("rename the file")
            })?;
            Ok(Attachment {
                source: file.path,
                output,
                bytes: file.bytes,
            })
        })
        .collect()
}

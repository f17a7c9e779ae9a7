//! Pages, sections, taxonomies and terms as templates see them: by Zola's names, looked up one
//! by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, Serde};

use super::html;
use super::lists::{self, Pages};
use super::world::World;
use crate::model::{Attachment, Content, PageId, SectionId, Target};
use crate::parse::{Heading, PageDate};
use crate::path::{SourcePath, UrlPath};

/// Words a minute.
const READING_SPEED: usize = 200;

impl World {
    pub(super) fn page_value(self: &Arc<Self>, id: PageId) -> Value {
        Value::from_object(PageObject {
            world: Arc::clone(self),
            id,
        })
    }

    pub(super) fn section_value(self: &Arc<Self>, id: SectionId) -> Value {
        Value::from_object(SectionObject {
            world: Arc::clone(self),
            id,
        })
    }

    pub(super) fn target_value(self: &Arc<Self>, target: Target) -> Value {
        match target {
            Target::Page(id) => self.page_value(id),
            Target::Section(id) => self.section_value(id),
        }
    }

    pub(super) fn taxonomy_value(self: &Arc<Self>, at: usize) -> Value {
        Value::from_object(TaxonomyObject {
            world: Arc::clone(self),
            at,
        })
    }

    pub(super) fn term_value(self: &Arc<Self>, at: usize, term: usize) -> Value {
        Value::from_object(TermObject {
            world: Arc::clone(self),
            at,
            term,
        })
    }

    pub(super) fn terms_value(self: &Arc<Self>, at: usize) -> Value {
        let terms = &self.site.taxonomies[at].terms;
        Value::from(
            (0..terms.len())
                .map(|term| self.term_value(at, term))
                .collect::<Vec<_>>(),
        )
    }

    fn address(&self, url: &UrlPath) -> Value {
        Value::from(self.config.base_url.join(url))
    }

    fn rooted(&self, url: &UrlPath) -> Value {
        Value::from(self.config.base_url.rooted(url))
    }

    fn sections(self: &Arc<Self>, ids: &[SectionId]) -> Value {
        Value::from(
            ids.iter()
                .map(|id| self.section_value(*id))
                .collect::<Vec<_>>(),
        )
    }

    fn targets(self: &Arc<Self>, targets: &[Target]) -> Value {
        Value::from(
            targets
                .iter()
                .map(|target| self.target_value(*target))
                .collect::<Vec<_>>(),
        )
    }
}

macro_rules! object {
    ($name:ident, $keys:expr) => {
        impl Object for $name {
            fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
                self.get(key.as_str()?)
            }

            fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
                self.get(key)
            }

            fn enumerate(self: &Arc<Self>) -> Enumerator {
                Enumerator::Str(&$keys)
            }
        }
    };
}

#[derive(Debug)]
struct PageObject {
    world: Arc<World>,
    id: PageId,
}

const PAGE_KEYS: [&str; 28] = [
    "ancestors",
    "assets",
    "authors",
    "backlinks",
    "components",
    "content",
    "date",
    "day",
    "description",
    "draft",
    "extra",
    "higher",
    "lang",
    "lower",
    "month",
    "path",
    "permalink",
    "reading_time",
    "relative_path",
    "slug",
    "summary",
    "taxonomies",
    "title",
    "toc",
    "updated",
    "weight",
    "word_count",
    "year",
];

object!(PageObject, PAGE_KEYS);

impl PageObject {
    fn get(&self, key: &str) -> Option<Value> {
        let world = &self.world;
        let page = world.site.page(self.id);
        let front = &page.front;
        let neighbour = |id: Option<PageId>| id.map_or(Value::from(()), |id| world.page_value(id));
        Some(match key {
            "title" => Value::from(front.title.clone()),
            "description" => Value::from(front.description.clone()),
            "date" => date(front.date.as_ref()),
            "updated" => date(front.updated.as_ref()),
            "year" => Value::from(front.date.as_ref().map(|date| date.day().year())),
            "month" => Value::from(front.date.as_ref().map(|date| date.day().month())),
            "day" => Value::from(front.date.as_ref().map(|date| date.day().day())),
            "weight" => Value::from(front.weight),
            "draft" => Value::from(front.draft),
            "slug" => Value::from(page.slug.as_str()),
            "authors" => Value::from(front.authors.clone()),
            "taxonomies" => Value::from(front.taxonomies.clone()),
            "extra" => Value::from(Serde(&front.extra)),
            "path" => world.rooted(&page.url),
            "permalink" => world.address(&page.url),
            "components" => components(&page.url),
            "relative_path" => Value::from(below_content(&page.source)),
            "content" => html::content(world, Target::Page(self.id)),
            "summary" => html::summary(world, Target::Page(self.id)),
            "toc" => toc(world, &page.content.headings, &page.url),
            "word_count" => Value::from(page.content.words),
            "reading_time" => reading_time(&page.content),
            "lower" => neighbour(page.lower),
            "higher" => neighbour(page.higher),
            "ancestors" => world.sections(&page.ancestors),
            "backlinks" => world.targets(&page.backlinks),
            "assets" => assets(world, &page.attachments),
            "lang" => Value::from(world.config.default_language.as_str()),
            _ => return None,
        })
    }
}

#[derive(Debug)]
struct SectionObject {
    world: Arc<World>,
    id: SectionId,
}

const SECTION_KEYS: [&str; 19] = [
    "ancestors",
    "assets",
    "backlinks",
    "components",
    "content",
    "description",
    "extra",
    "generate_feeds",
    "lang",
    "pages",
    "path",
    "permalink",
    "reading_time",
    "relative_path",
    "subsections",
    "title",
    "toc",
    "weight",
    "word_count",
];

object!(SectionObject, SECTION_KEYS);

impl SectionObject {
    fn get(&self, key: &str) -> Option<Value> {
        let world = &self.world;
        let section = world.site.section(self.id);
        let front = &section.front;
        Some(match key {
            "title" => Value::from(front.title.clone()),
            "description" => Value::from(front.description.clone()),
            "weight" => Value::from(front.weight),
            "extra" => Value::from(Serde(&front.extra)),
            "generate_feeds" => Value::from(front.generate_feeds),
            "path" => world.rooted(&section.url),
            "permalink" => world.address(&section.url),
            "components" => components(&section.url),
            "relative_path" => {
                Value::from(section.source.as_ref().map_or("_index.md", below_content))
            }
            "content" => html::content(world, Target::Section(self.id)),
            "toc" => toc(world, &section.content.headings, &section.url),
            "word_count" => Value::from(section.content.words),
            "reading_time" => reading_time(&section.content),
            "pages" => lists::pages(world, Pages::of_section(self.id)),
            "subsections" => world.sections(&section.subsections),
            "ancestors" => world.sections(&section.ancestors),
            "backlinks" => world.targets(&section.backlinks),
            "assets" => assets(world, &section.attachments),
            "lang" => Value::from(world.config.default_language.as_str()),
            _ => return None,
        })
    }
}

#[derive(Debug)]
struct TaxonomyObject {
    world: Arc<World>,
    at: usize,
}

const TAXONOMY_KEYS: [&str; 6] = ["feed", "items", "kind", "name", "path", "permalink"];

object!(TaxonomyObject, TAXONOMY_KEYS);

impl TaxonomyObject {
    fn get(&self, key: &str) -> Option<Value> {
        let taxonomy = &self.world.site.taxonomies[self.at];
        Some(match key {
            "name" | "kind" => Value::from(taxonomy.config.name.as_str()),
            "feed" => Value::from(taxonomy.config.feed),
            "path" => self.world.rooted(&taxonomy.url),
            "permalink" => self.world.address(&taxonomy.url),
            "items" => self.world.terms_value(self.at),
            _ => return None,
        })
    }
}

#[derive(Debug)]
struct TermObject {
    world: Arc<World>,
    at: usize,
    term: usize,
}

const TERM_KEYS: [&str; 6] = ["name", "page_count", "pages", "path", "permalink", "slug"];

object!(TermObject, TERM_KEYS);

impl TermObject {
    fn get(&self, key: &str) -> Option<Value> {
        let term = &self.world.site.taxonomies[self.at].terms[self.term];
        Some(match key {
            "name" => Value::from(term.name.as_str()),
            "slug" => Value::from(term.slug.as_str()),
            "path" => self.world.rooted(&term.url),
            "permalink" => self.world.address(&term.url),
            "page_count" => Value::from(term.pages.len()),
            "pages" => lists::pages(&self.world, Pages::of_term(self.at, self.term)),
            _ => return None,
        })
    }
}

fn date(date: Option<&PageDate>) -> Value {
    date.map_or(Value::from(()), |date| Value::from(date.to_string()))
}

fn reading_time(content: &Content) -> Value {
    Value::from(content.words.div_ceil(READING_SPEED))
}

fn components(url: &UrlPath) -> Value {
    let parts = url.as_str().split('/').filter(|part| !part.is_empty());
    Value::from(parts.map(Value::from).collect::<Vec<_>>())
}

fn below_content(path: &SourcePath) -> &str {
    path.as_str().trim_start_matches("content/")
}

fn assets(world: &World, files: &[Attachment]) -> Value {
    let paths = files
        .iter()
        .map(|file| world.rooted(&UrlPath::from(&file.output)));
    Value::from(paths.collect::<Vec<_>>())
}

/// Headings as a tree: each holds those of a lower rank that follow it.
fn toc(world: &World, headings: &[Heading], url: &UrlPath) -> Value {
    let permalink = world.config.base_url.join(url);
    let mut rest = headings;
    let mut top = Vec::new();
    while let Some((heading, behind)) = rest.split_first() {
        let below = behind
            .iter()
            .take_while(|other| other.level > heading.level)
            .count();
        let mut entry: BTreeMap<&str, Value> = BTreeMap::new();
        entry.insert("level", Value::from(heading.level));
        entry.insert("id", Value::from(heading.id.as_str()));
        entry.insert(
            "permalink",
            Value::from(format!("{permalink}#{}", heading.id)),
        );
        entry.insert("title", Value::from_safe_string(heading.title.clone()));
        entry.insert("children", toc(world, &behind[..below], url));
        top.push(Value::from(entry));
        rest = &behind[below..];
    }
    Value::from(top)
}

//! Pages and sections as templates see them: objects with Zola's field names, whose fields are
//! computed when they are read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, Serde};

use super::html;
use super::lists::{self, Pages};
use super::reads::{self, Key, Read};
use super::world::World;
use crate::model::{Attachment, Content, PageId, SectionId, Target};
use crate::parse::{Heading, PageDate};
use crate::path::{SourcePath, UrlPath};
use crate::tera::walkable;

/// How many words a reader reads in a minute.
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

    pub(super) fn address(&self, url: &UrlPath) -> Value {
        Value::from(self.config.base_url.join(url))
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

/// `url` as templates see it: as in Zola, without the path that `base_url` may have.
pub(super) fn path(url: &UrlPath) -> Value {
    Value::from(url.to_string())
}

/// Makes `$name`, which has `key()` and `get(key)`, an object with `$keys` that templates know
/// as `$called`.
macro_rules! object {
    ($name:ident, $called:literal, $keys:expr) => {
        impl $name {
            fn read(&self, key: &str) -> Option<Value> {
                let field = $keys.into_iter().find(|field| *field == key)?;
                reads::note(|| Read::Field(self.key(), field));
                self.get(field)
            }
        }

        impl Object for $name {
            /// What `in` and a key in brackets ask for: only what is there.
            fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
                self.read(key.as_str()?)
            }

            /// What a name behind a dot asks for: it may be tested and walked into although
            /// nothing is there.
            fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
                let missing = || $crate::tera::nowhere(format!("{}.{key}", $called));
                Some(self.read(key).unwrap_or_else(missing))
            }

            fn enumerate(self: &Arc<Self>) -> Enumerator {
                Enumerator::Str(&$keys)
            }

            /// Printed, it is what template functions take as an argument: its path, or its name.
            fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let name = self.read("relative_path").or_else(|| self.read("name"));
                write!(f, "{}", name.unwrap_or_default())
            }
        }
    };
}

pub(super) use object;

#[derive(Debug)]
struct PageObject {
    world: Arc<World>,
    id: PageId,
}

const PAGE_KEYS: [&str; 30] = [
    "ancestors",
    "assets",
    "authors",
    "backlinks",
    "colocated_path",
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
    "translations",
    "updated",
    "weight",
    "word_count",
    "year",
];

object!(PageObject, "page", PAGE_KEYS);

impl PageObject {
    fn key(&self) -> Key {
        self.world.page_key(self.id)
    }

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
            "extra" => walkable(Value::from(Serde(&front.extra)), "page.extra"),
            "path" => path(&page.url),
            "permalink" => world.address(&page.url),
            "components" => components(&page.url),
            "relative_path" => Value::from(page.source.below_content()),
            "content" => html::content(world, Target::Page(self.id)),
            "summary" => html::summary(world, Target::Page(self.id)),
            "toc" => toc(world, &page.content.headings, &page.url),
            "word_count" => Value::from(page.content.words),
            "reading_time" => reading_time(&page.content),
            "colocated_path" => colocated(&page.source, "index"),
            "translations" => Value::from(Vec::<Value>::new()),
            "lower" => neighbour(page.lower),
            "higher" => neighbour(page.higher),
            "ancestors" => world.sections(&page.ancestors),
            "backlinks" => world.targets(&page.backlinks),
            "assets" => assets(&page.attachments),
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

const SECTION_KEYS: [&str; 25] = [
    "ancestors",
    "assets",
    "backlinks",
    "colocated_path",
    "components",
    "content",
    "description",
    "draft",
    "extra",
    "generate_feeds",
    "lang",
    "pages",
    "paginate_by",
    "paginate_reversed",
    "path",
    "permalink",
    "reading_time",
    "relative_path",
    "subsections",
    "title",
    "toc",
    "translations",
    "transparent",
    "weight",
    "word_count",
];

object!(SectionObject, "section", SECTION_KEYS);

impl SectionObject {
    fn key(&self) -> Key {
        self.world.section_key(self.id)
    }

    fn get(&self, key: &str) -> Option<Value> {
        let world = &self.world;
        let section = world.site.section(self.id);
        let front = &section.front;
        Some(match key {
            "title" => Value::from(front.title.clone()),
            "description" => Value::from(front.description.clone()),
            "weight" => Value::from(front.weight),
            "extra" => walkable(Value::from(Serde(&front.extra)), "section.extra"),
            "draft" => Value::from(front.draft),
            "transparent" => Value::from(front.transparent),
            "paginate_by" => Value::from(front.paginate_by),
            "paginate_reversed" => Value::from(front.paginate_reversed),
            "colocated_path" => section
                .source
                .as_ref()
                .map_or(Value::from(()), |source| colocated(source, "_index")),
            "translations" => Value::from(Vec::<Value>::new()),
            "generate_feeds" => Value::from(front.generate_feeds),
            "path" => path(&section.url),
            "permalink" => world.address(&section.url),
            "components" => components(&section.url),
            "relative_path" => Value::from(
                section
                    .source
                    .as_ref()
                    .map_or("_index.md", SourcePath::below_content),
            ),
            "content" => html::content(world, Target::Section(self.id)),
            "toc" => toc(world, &section.content.headings, &section.url),
            "word_count" => Value::from(section.content.words),
            "reading_time" => reading_time(&section.content),
            "pages" => lists::pages(world, Pages::Section(self.id)),
            "subsections" => world.sections(&section.subsections),
            "ancestors" => world.sections(&section.ancestors),
            "backlinks" => world.targets(&section.backlinks),
            "assets" => assets(&section.attachments),
            "lang" => Value::from(world.config.default_language.as_str()),
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

/// The folder of a page or section that owns other files in it; none for a page that is a single
/// file. Files that own their folder are called `stem`.
fn colocated(source: &SourcePath, stem: &str) -> Value {
    if source.markdown_stem() != Some(stem) {
        return Value::from(());
    }
    Value::from(format!("{}/", source.folder_below_content()))
}

fn assets(files: &[Attachment]) -> Value {
    let paths = files.iter().map(|file| path(&UrlPath::from(&file.output)));
    Value::from(paths.collect::<Vec<_>>())
}

/// The headings as a tree: each holds the headings of a lower rank behind it.
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

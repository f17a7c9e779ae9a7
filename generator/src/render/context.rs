//! The fields of pages and sections as templates see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Serde;

use super::fields::{PageField, SectionField};
use super::holder::Holder;
use super::html;
use super::lists;
use super::object::HasFields;
use super::reads::Key;
use super::world::World;
use crate::model::{Attachment, Content, PageId, SectionId, Target};
use crate::parse::{Heading, PageDate};
use crate::path::{SourcePath, UrlPath};
use crate::tera::walkable;

/// How many words a reader reads in a minute.
const READING_SPEED: usize = 200;

impl World {
    pub(super) fn target_value(self: &Arc<Self>, target: Target) -> Value {
        match target {
            Target::Page(id) => self.object(id),
            Target::Section(id) => self.object(id),
        }
    }

    pub(super) fn address(&self, url: &UrlPath) -> Value {
        Value::from(self.config.base_url.join(url))
    }

    fn sections(self: &Arc<Self>, ids: &[SectionId]) -> Value {
        Value::from(ids.iter().map(|id| self.object(*id)).collect::<Vec<_>>())
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

impl HasFields for PageId {
    type Field = PageField;

    const NAME: &'static str = "page";

    const PRINTED: PageField = PageField::RelativePath;

    fn key(self, world: &World) -> Key {
        world.page_key(self)
    }

    fn field(self, world: &Arc<World>, field: PageField) -> Value {
        let page = world.site.page(self);
        let front = &page.front;
        let content = world.content(Target::Page(self));
        let neighbour = |id: Option<PageId>| id.map_or(Value::from(()), |id| world.object(id));
        match field {
            PageField::Title => Value::from(front.title.clone()),
            PageField::Description => Value::from(front.description.clone()),
            PageField::Date => date(front.date.as_ref()),
            PageField::Updated => date(front.updated.as_ref()),
            PageField::Year => Value::from(front.date.as_ref().map(|date| date.day().year())),
            PageField::Month => Value::from(front.date.as_ref().map(|date| date.day().month())),
            PageField::Day => Value::from(front.date.as_ref().map(|date| date.day().day())),
            PageField::Weight => Value::from(front.weight),
            PageField::Draft => Value::from(front.draft),
            PageField::Slug => Value::from(page.slug.as_str()),
            PageField::Authors => Value::from(front.authors.clone()),
            PageField::Taxonomies => Value::from(front.taxonomies.clone()),
            PageField::Extra => walkable(Value::from(Serde(&front.extra)), "page.extra"),
            PageField::Path => path(&page.url),
            PageField::Permalink => world.address(&page.url),
            PageField::Components => components(&page.url),
            PageField::RelativePath => Value::from(page.source.below_content()),
            PageField::Content => html::content(world, Target::Page(self)),
            PageField::Summary => html::summary(world, Target::Page(self)),
            PageField::Toc => toc(world, &content.body.headings, &page.url),
            PageField::WordCount => Value::from(content.body.words),
            PageField::ReadingTime => reading_time(content),
            PageField::ColocatedPath => colocated(&page.source, "index"),
            PageField::Translations => Value::from(Vec::<Value>::new()),
            PageField::Lower => neighbour(page.lower),
            PageField::Higher => neighbour(page.higher),
            PageField::Ancestors => world.sections(&page.ancestors),
            PageField::Backlinks => world.targets(&content.backlinks),
            PageField::Assets => assets(&page.attachments),
            PageField::Lang => Value::from(world.config.default_language.as_str()),
        }
    }
}

impl HasFields for SectionId {
    type Field = SectionField;

    const NAME: &'static str = "section";

    const PRINTED: SectionField = SectionField::RelativePath;

    fn key(self, world: &World) -> Key {
        world.section_key(self)
    }

    fn field(self, world: &Arc<World>, field: SectionField) -> Value {
        let section = world.site.section(self);
        let front = &section.front;
        let content = world.content(Target::Section(self));
        match field {
            SectionField::Title => Value::from(front.title.clone()),
            SectionField::Description => Value::from(front.description.clone()),
            SectionField::Weight => Value::from(front.weight),
            SectionField::Extra => walkable(Value::from(Serde(&front.extra)), "section.extra"),
            SectionField::Draft => Value::from(front.draft),
            SectionField::Transparent => Value::from(front.transparent),
            SectionField::PaginateBy => Value::from(front.paginate_by),
            SectionField::PaginateReversed => Value::from(front.paginate_reversed),
            SectionField::ColocatedPath => section
                .source
                .as_ref()
                .map_or(Value::from(()), |source| colocated(source, "_index")),
            SectionField::Translations => Value::from(Vec::<Value>::new()),
            SectionField::GenerateFeeds => Value::from(front.generate_feeds),
            SectionField::Path => path(&section.url),
            SectionField::Permalink => world.address(&section.url),
            SectionField::Components => components(&section.url),
            SectionField::RelativePath => Value::from(
                section
                    .source
                    .as_ref()
                    .map_or("_index.md", SourcePath::below_content),
            ),
            SectionField::Content => html::content(world, Target::Section(self)),
            SectionField::Toc => toc(world, &content.body.headings, &section.url),
            SectionField::WordCount => Value::from(content.body.words),
            SectionField::ReadingTime => reading_time(content),
            SectionField::Pages => lists::pages(world, Holder::Section(self)),
            SectionField::Subsections => world.sections(&section.subsections),
            SectionField::Ancestors => world.sections(&section.ancestors),
            SectionField::Backlinks => world.targets(&content.backlinks),
            SectionField::Assets => assets(&section.attachments),
            SectionField::Lang => Value::from(world.config.default_language.as_str()),
        }
    }
}

fn date(date: Option<&PageDate>) -> Value {
    date.map_or(Value::from(()), |date| Value::from(date.to_string()))
}

fn reading_time(content: &Content) -> Value {
    Value::from(content.body.words.div_ceil(READING_SPEED))
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

//! Lists of pages that are never copied: each knows whose pages it shows, and which of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::world::World;
use crate::model::{PageId, Pager, SectionId};

/// Whose pages.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pages {
    /// A section's.
    Section(SectionId),
    /// A taxonomy's term's, by their places.
    Term(usize, usize),
}

impl Pages {
    pub(super) fn of_section(id: SectionId) -> Self {
        Self::Section(id)
    }

    pub(super) fn of_term(taxonomy: usize, term: usize) -> Self {
        Self::Term(taxonomy, term)
    }

    fn ids(self, world: &World) -> &[PageId] {
        match self {
            Self::Section(id) => &world.site.section(id).pages,
            Self::Term(taxonomy, term) => &world.site.taxonomies[taxonomy].terms[term].pages,
        }
    }
}

/// All of them.
pub(super) fn pages(world: &Arc<World>, whose: Pages) -> Value {
    let range = 0..whose.ids(world).len();
    Value::from_object(PageList {
        world: Arc::clone(world),
        whose,
        range,
    })
}

/// `paginator`, by Zola's names, for the pager at place `at`.
pub(super) fn paginator(world: &Arc<World>, whose: Pages, pagers: &[Pager], at: usize) -> Value {
    let base_url = &world.config.base_url;
    let url = |pager: Option<&Pager>| {
        pager.map_or(Value::from(()), |pager| {
            Value::from(base_url.join(&pager.url))
        })
    };
    let Some(pager) = pagers.get(at) else {
        return Value::from(());
    };
    let list = PageList {
        world: Arc::clone(world),
        whose,
        range: pager.pages.clone(),
    };
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    values.insert("current_index", Value::from(pager.number));
    values.insert("number_pagers", Value::from(pagers.len()));
    values.insert(
        "paginate_by",
        Value::from(pagers.first().map_or(0, |first| first.pages.len())),
    );
    values.insert("total_pages", Value::from(whose.ids(world).len()));
    values.insert("first", url(pagers.first()));
    values.insert("last", url(pagers.last()));
    values.insert(
        "previous",
        url(at.checked_sub(1).and_then(|before| pagers.get(before))),
    );
    values.insert("next", url(pagers.get(at + 1)));
    values.insert("pages", Value::from_object(list));
    Value::from(values)
}

#[derive(Debug)]
struct PageList {
    world: Arc<World>,
    whose: Pages,
    range: Range<usize>,
}

impl Object for PageList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let ids = self.whose.ids(&self.world).get(self.range.clone())?;
        ids.get(key.as_usize()?)
            .map(|id| self.world.page_value(*id))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.range.len())
    }
}

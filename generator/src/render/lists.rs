//! Lists of pages as templates see them. A list is not a copy: it knows the section or term and the
//! range of pages that it shows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::holder::Holder;
use super::reads::{self, Read};
use super::world::World;
use crate::model::Pager;

/// All pages of a section or term.
pub(super) fn pages(world: &Arc<World>, whose: Holder) -> Value {
    let range = 0..whose.pages(world).len();
    reads::note(|| Read::Count(whose.key(world)));
    Value::from_object(PageList {
        world: Arc::clone(world),
        whose,
        range,
        reversed: false,
    })
}

/// The variable `paginator`, with Zola's fields, for the pager with the index `at`.
pub(super) fn paginator(world: &Arc<World>, whose: Holder, at: usize) -> Value {
    let pagers = whose.pagers(world);
    reads::note(|| Read::Pager(whose.key(world), at));
    let base_url = &world.config.base_url;
    let url = |pager: Option<&Pager>| {
        pager.map_or(Value::from(()), |pager| {
            Value::from(base_url.join(&pager.url))
        })
    };
    let (Some(first), Some(pager)) = (pagers.first(), pagers.get(at)) else {
        return Value::from(());
    };
    let list = PageList {
        world: Arc::clone(world),
        whose,
        range: pager.pages.clone(),
        reversed: pager.reversed,
    };
    let (by, path) = whose.paginated(world);
    let numbers = path.map_or_else(|| first.url.clone(), |path| first.url.folder(path));
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    values.insert("current_index", Value::from(pager.number));
    values.insert("number_pagers", Value::from(pagers.len()));
    values.insert("paginate_by", Value::from(by));
    values.insert("base_url", Value::from(base_url.join(&numbers)));
    values.insert("total_pages", Value::from(whose.pages(world).len()));
    values.insert("first", url(Some(first)));
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
    whose: Holder,
    range: Range<usize>,
    reversed: bool,
}

impl Object for PageList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (world, whose) = (&self.world, self.whose);
        let ids = whose.pages(world).get(self.range.clone())?;
        let at = key.as_usize()?;
        let at = if self.reversed {
            ids.len().checked_sub(at + 1)?
        } else {
            at
        };
        let id = ids.get(at)?;
        reads::note(|| Read::Item(whose.key(world), self.range.start + at));
        Some(world.object(*id))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.range.len())
    }
}
